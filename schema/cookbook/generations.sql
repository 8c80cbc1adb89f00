-- Which generation of the collector has how many objects?
-- objects: what the collector finds in its lists (3: frozen); bytes: shallow; cycles: what is unreachable of them and waits.
SELECT g.interpreter_id AS interpreter, g.generation, g.count AS "count:count", g.threshold AS "threshold:count",
       g.objects AS "objects:count", g.bytes AS "bytes:size",
       (SELECT count(*) FROM cycle c WHERE c.generation = g.generation) AS "cycles:count",
       (SELECT sum(bytes) FROM cycle c WHERE c.generation = g.generation) AS "cycle bytes:size"
FROM gc_generation g ORDER BY g.interpreter_id, g.generation
