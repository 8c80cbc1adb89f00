-- How much address space do libraries, heaps and stacks take, by file?
-- dumped: bytes of it that are in the core; the rest was read from the file, or is lost.
SELECT coalesce(path, kind) AS mapping, count(*) AS "mappings:count", sum("end" - start) AS "bytes:size",
       sum("end" - start) FILTER (WHERE perms LIKE '_w%') AS "writable:size", sum(dumped_bytes) AS "dumped:size"
FROM mapping GROUP BY 1 ORDER BY sum("end" - start) DESC, 1
