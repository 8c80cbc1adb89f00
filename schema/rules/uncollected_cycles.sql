-- title: Unreachable cycles that no collection frees
-- severity: severe
-- why: Objects in a reference cycle are freed by the cyclic collector alone. It is disabled here, or can't free them (Python
--   2.7: an object in the cycle has a __del__).
-- do: Call gc.enable() or, now and then, gc.collect(); break cycles where they arise, for instance with weakref.
-- scans: cycle_member
WITH
-- In a stripped 2.7 it can't be read whether it is on; with twice as many allocations as start a collection it is not.
off AS (SELECT count(*) AS collectors FROM collector c
        WHERE c.enabled = 0 OR c.enabled IS NULL AND EXISTS (SELECT 1 FROM gc_generation g WHERE g.interpreter_id IS c.interpreter_id
              AND g.generation = 0 AND g.threshold > 0 AND g.count > 2 * g.threshold)),
held AS (SELECT sum(bytes) AS bytes, sum(objects) AS objects, count(*) AS cycles FROM cycle),
stays AS (SELECT coalesce(sum(o.footprint), 0) AS bytes FROM cycle_member m JOIN object o ON o.id = m.object_id WHERE m.uncollectable),
biggest AS (SELECT object_id FROM cycle ORDER BY bytes DESC, id LIMIT 1)
SELECT biggest.object_id, CASE WHEN off.collectors THEN held.bytes ELSE stays.bytes END,
       CASE WHEN off.collectors
         THEN printf('%,d unreachable cycles hold %s, and the collector is disabled', held.cycles, size(held.bytes))
         ELSE printf('unreachable cycles hold %s that no collection frees', size(stays.bytes)) END,
       printf('The largest is around %s; `exuvia gc` shows them.', what(biggest.object_id))
FROM off, held, stays, biggest
WHERE CASE WHEN off.collectors THEN held.bytes ELSE stays.bytes END >= 65536
