-- Which generators and coroutines are suspended, and where?
-- Alike ones together. retained: bytes that go with them, summed up.
SELECT a.state, coalesce(f.qualname, f.function) AS function, f.filename AS file, f.line, count(*) AS "suspended:count",
       sum(o.retained_size) AS "retained:size", min(a.object_id) AS "example id"
FROM awaiting a JOIN object o ON o.id = a.object_id
     LEFT JOIN frame f ON f.object_id = a.object_id AND f.kind IN ('generator', 'coroutine')
WHERE a.state IN ('created', 'suspended')
GROUP BY a.state, f.qualname, f.function, f.filename, f.line
ORDER BY sum(o.retained_size) DESC, count(*) DESC, 2, f.line
