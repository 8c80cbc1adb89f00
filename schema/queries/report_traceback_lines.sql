-- Through which lines does the traceback go that keeps the most memory? Outermost first.
WITH RECURSIVE
first AS (SELECT b.object_id AS id FROM traceback b JOIN object o ON o.id = b.object_id
          WHERE NOT EXISTS (SELECT 1 FROM traceback outer_ WHERE outer_.next_id = b.object_id)
          ORDER BY o.retained_size DESC, b.object_id LIMIT 1),
line(id, depth) AS (SELECT id, 0 FROM first
                    UNION ALL SELECT b.next_id, depth + 1 FROM line JOIN traceback b ON b.object_id = line.id
                    WHERE b.next_id IS NOT NULL AND depth < 200)
SELECT coalesce(f.qualname, f.function) AS function, f.filename AS file, coalesce(b.line, f.line) AS line,
       (SELECT retained_size FROM object WHERE id = b.object_id) AS "retained:size"
FROM line JOIN traceback b ON b.object_id = line.id LEFT JOIN frame f ON f.id = b.frame_id ORDER BY line.depth
