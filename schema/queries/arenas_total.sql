-- How much has obmalloc got, and how much of it is in use?
-- scans: pool
SELECT (SELECT value FROM meta WHERE key = 'allocator') AS allocator,
       count(*) AS "arenas:count", sum(size) AS "mapped:size", sum(used_bytes) AS "used blocks:size",
       (SELECT sum(free_blocks * block_size) FROM pool) AS "free blocks:size",
       (SELECT sum(untouched_blocks * block_size) FROM pool) AS "never used blocks:size",
       sum(pools) AS "pools:count", sum(free_pools) AS "free pools:count",
       sum(size) FILTER (WHERE used_bytes < size / 4 AND used_bytes > 0) AS "would return if pins went:size"
FROM arena
