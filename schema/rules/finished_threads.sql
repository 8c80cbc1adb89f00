-- title: Threads that have ended are kept
-- severity: warning
-- why: A Thread object that somebody keeps (a list of workers, threading._active after a thread that C code made) keeps its
--   target, arguments and attributes, and what threading.local's Python version stored for it.
-- do: Drop a thread after join(); let what works in threads not made by threading end properly.
WITH RECURSIVE
thread_type(id) AS (
  SELECT id FROM type WHERE qualname IN ('Thread', '_DummyThread') AND module = 'threading'
  UNION SELECT t.id FROM type t JOIN thread_type ON t.base_id = thread_type.id),
ended AS (SELECT o.id, o.dominator_id, o.retained_size AS bytes,
                 (SELECT text FROM content WHERE object_id = coalesce(attribute(o.id, '_ident'),
                                                                      attribute(o.id, '_Thread__ident'))) AS ident
          FROM object o WHERE o.type_id IN (SELECT id FROM thread_type) AND o.reachable),
alike AS (SELECT e.dominator_id, count(*) AS threads, sum(e.bytes) AS bytes, min(e.id) AS one
          FROM ended e
          WHERE e.ident IS NOT NULL AND e.ident <> 'None'
            AND NOT EXISTS (SELECT 1 FROM thread t WHERE t.ident = CAST(e.ident AS INTEGER)
                            -- pthread_t values come again: the current owner has the same name
                            AND t.name IS (SELECT text FROM content WHERE object_id = coalesce(attribute(e.id, '_name'),
                                           attribute(e.id, '_Thread__name'))))
          GROUP BY e.dominator_id)
SELECT CASE WHEN threads = 1 OR dominator_id IS NULL THEN one ELSE dominator_id END, bytes,
       CASE threads WHEN 1 THEN printf('a thread that has ended is kept, with %s', size(bytes))
       ELSE printf('%,d threads that have ended are kept, with %s', threads, size(bytes)) END,
       printf('One is #%d, a %s.', one, type_name(one))
FROM alike ORDER BY bytes DESC, one
