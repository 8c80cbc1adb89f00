-- How many of what are there?
SELECT (SELECT count(*) FROM object) AS objects,
       coalesce((SELECT value FROM meta WHERE key = 'references'), (SELECT count(*) FROM reference_row)) AS "references",
       (SELECT count(*) FROM type) AS types,
       (SELECT sum(shallow_size) FROM object) AS "shallow bytes",
       (SELECT count(*) FROM object WHERE reachable = 0) AS unreachable,
       (SELECT count(*) FROM chunk_list) AS "chunk lists",
       (SELECT count(*) FROM exception) AS exceptions,
       (SELECT count(*) FROM traceback) AS tracebacks
