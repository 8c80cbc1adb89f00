-- How full is each pool of each arena? (for `arenas --map`)
-- scans: pool
WITH first AS (SELECT arena_id, min(address) AS address FROM pool GROUP BY arena_id)
SELECT a.id, a.address, a.pools, (p.address - f.address) * 64 / a.size AS place,
       p.used_blocks * p.block_size, p.blocks * p.block_size
FROM arena a LEFT JOIN pool p ON p.arena_id = a.id LEFT JOIN first f ON f.arena_id = a.id
ORDER BY a.id, p.id
