-- Which local variables of which frames keep the most memory alive?
-- Frames of threads, generators and tracebacks. retained: bytes that go when the object goes; little when something else
-- refers to it, too.
-- scans: variable
SELECT v.name AS variable, coalesce(f.qualname, f.function) AS function, f.filename AS file, f.line, f.kind AS "frame of",
       o.id, t.qualname AS type, o.length AS "items:count", o.retained_size AS "retained:size"
FROM variable v JOIN object o ON o.id = v.object_id JOIN frame f ON f.id = v.frame_id LEFT JOIN type t ON t.id = o.type_id
WHERE v.kind <> 'stack'
ORDER BY o.retained_size DESC, f.id, v.rowid LIMIT 50
