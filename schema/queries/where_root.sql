-- WHERE root: what keeps objects alive, the surest kinds of roots first.
SELECT r.object_id, NULL AS frame_id,
       r.kind || ' ' || coalesce(r.name, '') || ' ' || coalesce(f.qualname, f.function, '') || ' ' ||
         coalesce(f.filename, '') AS label,
       CASE WHEN r.kind IN ('frame', 'module', 'interpreter', 'thread', 'exception') THEN 0
            WHEN r.kind IN ('native_stack', 'native') THEN 1 ELSE 2 END AS tier,
       r.id AS root_id
FROM root r LEFT JOIN frame f ON f.id = r.frame_id
ORDER BY tier,
         CASE r.kind WHEN 'frame' THEN 0 WHEN 'module' THEN 1 WHEN 'thread' THEN 2 WHEN 'exception' THEN 3 ELSE 4 END,
         r.id
