-- Which arenas are all but empty, and how little keeps each?
SELECT a.id, a.address AS "address:address", a.size AS "mapped:size", a.used_bytes AS "used:size",
       sum(p.blocks) AS "blocks:count", count(*) AS "owners:count", a.pinned_by AS "largest pin id",
       (SELECT t.qualname FROM object o JOIN type t ON t.id = o.type_id WHERE o.id = a.pinned_by) AS "its type"
FROM arena a JOIN pin p ON p.arena_id = a.id
GROUP BY a.id ORDER BY a.used_bytes, a.id
