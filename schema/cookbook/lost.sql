-- What of the process is not in the dump?
-- Memory that nothing backs, and what could not be read. Objects there are missing from every answer.
SELECT 'mapping' AS what, coalesce(path, kind) AS place, start AS "address:address",
       "end" - start - coalesce(dumped_bytes, 0) AS "bytes:size", perms AS detail
FROM mapping WHERE backing = 'absent'
UNION ALL
SELECT 'anomaly', kind, address, NULL, message FROM anomaly
ORDER BY 1, 4 DESC, 3
