-- title: Thread locals of threads that have ended
-- severity: warning
-- why: Python still has the state of these threads, though they are gone: C code took the GIL in them (PyGILState_Ensure) and
--   did not give all of it back before they ended. What threading.local stored for such a thread is never freed.
-- do: Pair each PyGILState_Ensure with a PyGILState_Release in the code that makes these threads; until then clear the
--   attributes of the threading.local where their work ends.
WITH
ended AS (SELECT id FROM thread WHERE ended),
own AS (SELECT r.object_id AS id, r.thread_id FROM root r WHERE r.thread_id IN (SELECT id FROM ended) AND r.kind = 'thread'
        AND r.name = 'dict'),
-- Modules/_threadmodule.c: a thread's dict has a _localdummy for each local, whose dict has a weak reference to that as key.
-- From 3.13 on the thread itself has one, which is the key.
dummy AS (SELECT own.thread_id, d.id FROM own CROSS JOIN reference_row r ON r.referrer_id = own.id AND r.kind = 3
               CROSS JOIN object d ON d.id = r.referent_id CROSS JOIN type t ON t.id = d.type_id AND t.qualname LIKE '%_localdummy'),
stored AS (SELECT DISTINCT dummy.thread_id, k.referrer_id AS dict_id, v.referent_id AS id
           FROM dummy CROSS JOIN reference_row w ON w.referent_id = dummy.id AND w.kind = 12
                CROSS JOIN reference_row k ON k.referent_id = w.referrer_id AND k.kind = 2
                CROSS JOIN reference_row v ON v.referrer_id = k.referrer_id AND v.kind = 3 AND v.position = k.position
           UNION
           SELECT r.thread_id, k.referrer_id, v.referent_id
           FROM root r CROSS JOIN reference_row k ON k.referent_id = r.object_id AND k.kind = 2
                CROSS JOIN reference_row v ON v.referrer_id = k.referrer_id AND v.kind = 3 AND v.position = k.position
           WHERE r.thread_id IN (SELECT id FROM ended) AND r.kind = 'thread' AND r.name = 'threading_local_key'),
alike AS (SELECT s.dict_id, count(DISTINCT s.thread_id) AS threads, sum(o.retained_size) AS bytes
          FROM stored s CROSS JOIN object o ON o.id = s.id WHERE o.reachable GROUP BY s.dict_id)
SELECT coalesce((SELECT l.id FROM reference_row r CROSS JOIN object l ON l.id = r.referrer_id CROSS JOIN type t ON t.id = l.type_id
                 WHERE r.referent_id = a.dict_id AND t.qualname LIKE '%_local' LIMIT 1), a.dict_id), a.bytes,
       printf('a threading.local keeps %s for %,d threads that have ended', size(a.bytes), a.threads),
       printf('Python has the states of %,d such threads.', (SELECT count(*) FROM ended))
FROM alike a WHERE a.bytes >= 65536
ORDER BY a.bytes DESC, a.dict_id
