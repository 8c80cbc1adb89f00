-- How much memory waits in unreachable cycles, and for the collection of which generation?
-- scans: cycle_member
WITH private AS (SELECT sum(bytes) AS bytes FROM ledger
                 WHERE category NOT IN ('file mappings', 'reserved, not accessible', 'vdso')),
held AS (SELECT sum(bytes) AS bytes, sum(objects) AS objects, count(*) AS cycles FROM cycle),
oldest AS (SELECT generation, sum(bytes) AS bytes FROM cycle GROUP BY generation ORDER BY sum(bytes) DESC LIMIT 1),
stays AS (SELECT sum(o.footprint) AS bytes FROM cycle_member m JOIN object o ON o.id = m.object_id WHERE m.uncollectable),
biggest AS (SELECT * FROM cycle ORDER BY bytes DESC, id LIMIT 1),
collector_ AS (SELECT * FROM collector ORDER BY interpreter_id LIMIT 1)
SELECT held.bytes,
       printf('%,d unreachable cycles with %,d objects hold %s (%d %% of private memory) that no collection has reached yet; '
              || 'most of it waits in generation %d. The largest holds %s in %,d objects around %s.',
              held.cycles, held.objects, size(held.bytes), 100 * held.bytes / private.bytes, oldest.generation,
              size(biggest.bytes), biggest.objects, what(biggest.object_id)),
       CASE (SELECT enabled FROM collector_)
         WHEN 0 THEN 'The collector is disabled: only gc.collect() frees them.'
         ELSE printf('gc.collect() frees them, and so does the next collection of generation %d; `exuvia gc` says what has to '
                     || 'happen before.', oldest.generation) END ||
       CASE WHEN stays.bytes > 0
         THEN printf(' %s of it stay: objects with a __del__ in cycles, which go to gc.garbage.', size(stays.bytes)) ELSE '' END,
       'exuvia gc DB'
FROM held, oldest, biggest, private, stays
WHERE held.bytes >= 1000000 AND held.bytes >= private.bytes / 20
