-- Which of obmalloc's arenas are all but empty, and what keeps each from going back to the operating system?
-- used: bytes in use of it. An arena goes back when its last block is freed. largest: what has the most bytes in it.
-- needs: what, path
SELECT a.id AS arena, a.address AS "address:address", a.size AS "mapped:size", a.used_bytes AS "used:size",
       p.blocks AS "blocks:count", p.owners AS "owners:count", a.pinned_by AS "largest id",
       CASE WHEN a.pinned_by IS NOT NULL THEN what(a.pinned_by) END AS largest, path(a.pinned_by) AS "kept by"
FROM arena a JOIN (SELECT arena_id, sum(blocks) AS blocks, count(*) AS owners FROM pin GROUP BY arena_id) p ON p.arena_id = a.id
ORDER BY a.used_bytes, a.id
