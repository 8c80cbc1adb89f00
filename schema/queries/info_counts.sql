-- How many of what are there?
-- scans: object, reference_row
SELECT (SELECT count(*) FROM object) AS "objects:count",
       coalesce((SELECT value FROM meta WHERE key = 'references'), (SELECT count(*) FROM reference_row)) AS "references:count",
       (SELECT count(*) FROM type) AS "types:count",
       (SELECT sum(shallow_size) FROM object) AS "shallow bytes:size",
       (SELECT count(*) FROM object WHERE reachable = 0) AS "unreachable:count",
       (SELECT count(*) FROM chunk_list) AS "chunk lists:count",
       (SELECT count(*) FROM exception) AS "exceptions:count",
       (SELECT count(*) FROM traceback) AS "tracebacks:count"
