-- Which free chunks are the largest?
-- scans: chunk
SELECT address AS "address:address", size AS "size:size", state, heap_id AS heap
FROM chunk WHERE state IN ('free', 'top', 'tcache', 'fastbin') ORDER BY size DESC, address LIMIT 10
