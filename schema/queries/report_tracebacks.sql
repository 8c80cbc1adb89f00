-- Which tracebacks keep the most memory, and who keeps them? Of each the outermost entry.
SELECT what(b.object_id) AS traceback, o.retained_size AS "retained:size", o.retained_count AS "objects:count",
       path(b.object_id) AS "kept by"
FROM traceback b JOIN object o ON o.id = b.object_id
WHERE NOT EXISTS (SELECT 1 FROM traceback outer_ WHERE outer_.next_id = b.object_id)
ORDER BY o.retained_size DESC, b.object_id
