-- What is mapped, and how much of it is in the core?
SELECT coalesce(kind, 'unknown') AS kind, count(*) AS "mappings:count", sum("end" - start) AS "bytes:size",
       sum(dumped_bytes) AS "dumped:size", sum(CASE backing WHEN 'absent' THEN "end" - start - coalesce(dumped_bytes, 0)
       ELSE 0 END) AS "absent:size"
FROM mapping GROUP BY 1 ORDER BY sum("end" - start) DESC, 1
