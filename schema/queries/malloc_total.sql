-- How much has malloc got, and how much of it is in use?
-- scans: chunk
SELECT (SELECT value FROM meta WHERE key = 'c_allocator') AS malloc,
       sum(size) AS "all chunks:size",
       sum(size) FILTER (WHERE state IN ('used', 'mmapped')) AS "used:size",
       sum(size) FILTER (WHERE state NOT IN ('used', 'mmapped')) AS "free but kept:size",
       count(*) AS "chunks:count",
       (SELECT bytes FROM ledger WHERE category LIKE '%: not broken down') AS "not broken down:size"
FROM chunk
