-- What does each heap hold? (the first is the main one)
-- scans: chunk
SELECT heap_id AS heap, min(address) AS "start:address", sum(size) AS "bytes:size",
       sum(size) FILTER (WHERE state = 'used') AS "used:size",
       sum(size) FILTER (WHERE state IN ('free', 'tcache', 'fastbin')) AS "free:size",
       sum(size) FILTER (WHERE state = 'top') AS "top:size"
FROM chunk WHERE heap_id IS NOT NULL GROUP BY heap_id ORDER BY heap_id
