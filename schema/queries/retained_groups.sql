-- Which groups of a kind retain the most?
SELECT g.id,
       CASE g.kind
         WHEN 'type' THEN g.name WHEN 'module' THEN coalesce(g.name, what(g.id))
         WHEN 'thread' THEN coalesce(g.name, (SELECT 'thread ' || coalesce(native_id, id) FROM thread t WHERE t.id = g.id))
         WHEN 'frame' THEN (SELECT printf('%s at %s:%d', coalesce(f.qualname, f.function, '?'),
                                          replace(f.filename, rtrim(f.filename, replace(f.filename, '/', '')), ''), f.line)
                                   || CASE f.kind WHEN 'thread' THEN '' ELSE ' (' || f.kind || ')' END
                            FROM frame f WHERE f.id = g.id)
         ELSE what(g.id) END AS "group",
       g.bytes AS "retained:size", g.objects AS "objects:count",
       CASE WHEN g.kind IN ('module', 'exception', 'traceback') THEN path(g.id)
            WHEN g.kind = 'frame' THEN (SELECT CASE WHEN f.thread_id IS NULL THEN path(f.object_id)
                                               ELSE 'thread ' || coalesce(t.name, t.native_id, t.id) END
                                        FROM frame f LEFT JOIN thread t ON t.id = f.thread_id WHERE f.id = g.id)
            WHEN g.kind = 'thread' THEN (SELECT printf('%d frames', count(*)) FROM frame f WHERE f.thread_id = g.id)
            ELSE (SELECT printf('%,d instances', count(*)) FROM object o WHERE o.type_id = g.id) END AS about
FROM (SELECT * FROM retained_row WHERE kind = :kind ORDER BY bytes DESC, id LIMIT :rows) r
     JOIN retained_group g ON g.kind = r.kind AND g.id = r.id
ORDER BY g.bytes DESC, g.id
