-- How are the blocks of each size class used? (As sys._debugmallocstats() prints it.)
-- scans: pool
SELECT block_size AS "block size", count(*) AS "pools:count", sum(used_blocks) AS "used:count",
       sum(free_blocks) AS "free:count", sum(untouched_blocks) AS "never used:count",
       sum(used_blocks * block_size) AS "used bytes:size",
       sum((free_blocks + untouched_blocks) * block_size) AS "unused bytes:size"
FROM pool WHERE block_size > 0
GROUP BY block_size ORDER BY block_size
