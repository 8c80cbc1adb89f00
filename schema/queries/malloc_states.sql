-- What state are the chunks in? (free: in the unsorted, small and large bins)
-- scans: chunk
SELECT state, count(*) AS "chunks:count", sum(size) AS "bytes:size", max(size) AS "largest:size"
FROM chunk GROUP BY state ORDER BY sum(size) DESC, state
