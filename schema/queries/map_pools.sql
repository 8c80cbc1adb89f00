-- How full is each pool of each arena? (for `arenas --map`)
SELECT a.id, a.address, a.pools,
       (p.address - (SELECT min(f.address) FROM pool f WHERE f.arena_id = a.id)) * 64 / a.size AS place,
       p.used_blocks * p.block_size, p.blocks * p.block_size
FROM arena a LEFT JOIN pool p ON p.arena_id = a.id
ORDER BY a.id, p.id
