-- WHERE root: what keeps objects alive, the surest kinds of roots first.
-- scans: root
SELECT r.object_id, NULL AS frame_id,
       r.kind || ' ' || coalesce(r.name, '') || ' ' || coalesce(f.qualname, f.function, '') || ' ' ||
         coalesce(f.filename, '') AS label,
       -- A frame's namespaces and function say less than a module or a variable does; so does what only looks like a
       -- value on its stack (root_distance: a surer root leads to it).
       CASE WHEN r.kind = 'frame' AND (r.name IN ('f_locals', 'f_globals', 'f_builtins', 'f_func')
                                       OR r.name GLOB 'stack[[]*' AND o.root_distance > 0) THEN 1
            WHEN r.kind IN ('frame', 'module', 'interpreter', 'thread', 'exception') THEN 0
            WHEN r.kind IN ('native_stack', 'native') THEN 1 ELSE 2 END AS tier,
       r.id AS root_id
FROM root r LEFT JOIN frame f ON f.id = r.frame_id LEFT JOIN object o ON o.id = r.object_id
ORDER BY tier,
         CASE r.kind WHEN 'module' THEN 0 WHEN 'frame' THEN 1 WHEN 'thread' THEN 2 WHEN 'exception' THEN 3 ELSE 4 END,
         r.id
