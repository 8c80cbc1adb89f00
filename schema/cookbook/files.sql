-- Which files, sockets and responses are open or kept, and which frames hold them?
-- Also connections and sessions, by the names of their classes. frames: functions with a variable that refers to it.
-- needs: what, path
SELECT o.id, coalesce(nullif(t.module, 'builtins') || '.', '') || t.qualname AS type, what(o.id) AS object,
       o.retained_size AS "retained:size",
       (SELECT group_concat(DISTINCT coalesce(f.qualname, f.function)) FROM variable v JOIN frame f ON f.id = v.frame_id
        WHERE v.object_id = o.id) AS frames, path(o.id) AS "kept by"
FROM type t CROSS JOIN object o ON o.type_id = t.id
WHERE t.qualname IN ('file', 'FileIO', 'TextIOWrapper', 'BufferedReader', 'BufferedWriter', 'BufferedRandom', 'BufferedRWPair',
                     'socket', '_socketobject', 'SSLSocket', 'SocketIO', 'mmap', 'epoll')
   OR t.qualname GLOB '*Response' OR t.qualname GLOB '*Connection' OR t.qualname GLOB '*Session'
ORDER BY frames IS NULL, o.retained_size DESC, o.id LIMIT 100
