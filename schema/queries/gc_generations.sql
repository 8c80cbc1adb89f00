-- What is in each generation, and what has to happen before it is next collected?
-- (Modules/gcmodule.c: an allocation that makes generation 0's count exceed its threshold collects the oldest generation
-- whose count exceeds its own; the oldest only when a quarter of the long-lived objects came new.)
SELECT g.interpreter_id AS interpreter, g.generation, g.count AS "count:count", g.threshold AS "threshold:count",
       g.objects AS "objects:count", g.bytes AS "bytes:size",
       (SELECT sum(objects) FROM cycle WHERE cycle.generation = g.generation) AS "in cycles:count",
       (SELECT sum(bytes) FROM cycle WHERE cycle.generation = g.generation) AS "cycle bytes:size",
       CASE
         WHEN g.generation = 3 THEN 'never: frozen (gc.freeze)'
         WHEN c.enabled = 0 THEN 'never: the collector is disabled'
         WHEN young.threshold = 0 THEN 'never: the threshold of generation 0 is 0'
         WHEN g.generation = 0 THEN printf('after %,d more allocations than deallocations of containers',
                                           max(g.threshold - g.count + 1, 1))
         ELSE printf('with the collection of generation 0 that follows %,d more of generation %d', max(g.threshold - g.count + 1, 0),
                     g.generation - 1) ||
              CASE WHEN g.generation = 2 AND c.long_lived_pending < c.long_lived_total / 4
                   THEN printf(', once %,d more objects have come into it', c.long_lived_total / 4 - c.long_lived_pending)
                   ELSE '' END
       END AS "next collected"
FROM gc_generation g
     LEFT JOIN collector c ON c.interpreter_id = g.interpreter_id
     LEFT JOIN gc_generation young ON young.interpreter_id = g.interpreter_id AND young.generation = 0
WHERE g.generation < 3 OR g.objects > 0
ORDER BY g.interpreter_id, g.generation
