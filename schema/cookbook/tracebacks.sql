-- Which tracebacks are alive, what does each keep, and who keeps it?
-- Only the heads: those that no other traceback continues. retained: bytes that go with it.
-- needs: path
SELECT b.object_id AS id, coalesce(f.qualname, f.function) AS function, f.filename AS file, b.line,
       o.retained_size AS "retained:size",
       (SELECT coalesce(nullif(t.module, 'builtins') || '.', '') || t.qualname || ': ' || coalesce(e.message, '')
        FROM exception e JOIN type t ON t.id = e.type_id WHERE e.traceback_id = b.object_id) AS exception,
       path(b.object_id) AS "kept by"
FROM traceback b JOIN object o ON o.id = b.object_id LEFT JOIN frame f ON f.id = b.frame_id
WHERE b.object_id NOT IN (SELECT next_id FROM traceback WHERE next_id IS NOT NULL)
ORDER BY o.retained_size DESC, b.object_id LIMIT 50
