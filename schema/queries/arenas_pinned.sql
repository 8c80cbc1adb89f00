-- Which arenas are all but empty, and how little keeps each?
SELECT a.id, a.address AS "address:address", a.size AS "mapped:size", a.used_bytes AS "used:size",
       sum(p.blocks) AS "blocks:count", count(*) AS "owners:count", a.pinned_by AS "largest pin id",
       CASE WHEN a.pinned_by IS NOT NULL THEN what(a.pinned_by) END AS "largest pin",
       path(a.pinned_by) AS "kept by"
FROM arena a JOIN pin p ON p.arena_id = a.id
GROUP BY a.id ORDER BY a.used_bytes, a.id
