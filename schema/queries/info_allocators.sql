-- What did the allocators get, and what of it is in use?
-- scans: chunk
SELECT 'obmalloc arenas' AS what, count(*) AS "pieces:count", sum(size) AS "bytes:size", sum(used_bytes) AS "used:size"
FROM arena HAVING count(*)
UNION ALL
SELECT 'malloc ' || coalesce(state, '?'), count(*), sum(size), CASE state WHEN 'used' THEN sum(size)
         WHEN 'mmapped' THEN sum(size) ELSE 0 END
FROM chunk GROUP BY state
