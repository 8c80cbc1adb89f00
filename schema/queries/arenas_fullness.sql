-- How full are the arenas?
SELECT CASE WHEN used_bytes = 0 THEN 'empty'
            ELSE printf('%d to %d %%', 10 * (used_bytes * 10 / size), 10 * (used_bytes * 10 / size) + 10) END AS "used",
       count(*) AS "arenas:count", sum(size) AS "mapped:size", sum(used_bytes) AS "used bytes:size"
FROM arena
GROUP BY CASE WHEN used_bytes = 0 THEN -1 ELSE used_bytes * 10 / size END
ORDER BY CASE WHEN used_bytes = 0 THEN -1 ELSE used_bytes * 10 / size END
