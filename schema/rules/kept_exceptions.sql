-- title: A container collects exceptions
-- severity: severe
-- why: An exception keeps its traceback (and those of its __context__ and __cause__), the traceback its frames, and these
--   all their local variables, for as long as the exception is in the container.
-- do: Keep what is needed of it as text (traceback.format_exception), or drop the rest: exception.with_traceback(None),
--   or traceback.clear_frames(exception.__traceback__).
WITH
held AS (SELECT DISTINCT r.referrer_id AS holder, e.object_id AS id
         FROM exception e CROSS JOIN reference_row r ON r.referent_id = e.object_id AND r.kind IN (1, 2, 3)
         UNION
         SELECT DISTINCT r.referrer_id, b.object_id
         FROM traceback b CROSS JOIN reference_row r ON r.referent_id = b.object_id AND r.kind IN (1, 2, 3)
              CROSS JOIN object o ON o.id = r.referrer_id CROSS JOIN type t ON t.id = o.type_id AND t.qualname <> 'tuple'),
-- Triples of sys.exc_info() count for what holds them: a triple and its exception both hold the traceback.
outer_ AS (SELECT DISTINCT CASE WHEN t.qualname = 'tuple' THEN (SELECT r.referrer_id FROM reference_row r
                        WHERE r.referent_id = h.holder AND r.kind IN (1, 2, 3) LIMIT 1) ELSE h.holder END AS holder,
                  CASE WHEN t.qualname = 'tuple' THEN h.holder ELSE h.id END AS id
           FROM held h CROSS JOIN object o ON o.id = h.holder CROSS JOIN type t ON t.id = o.type_id),
alike AS (SELECT h.holder, count(*) AS exceptions, sum(o.retained_size) AS bytes, min(o.id) AS one
          FROM outer_ h CROSS JOIN object o ON o.id = h.id WHERE h.holder IS NOT NULL GROUP BY h.holder HAVING count(*) >= 3)
SELECT a.holder, a.bytes, printf('a %s holds %,d exceptions with %s', type_name(a.holder), a.exceptions, size(a.bytes)),
       printf('One of them is #%d, a %s.', a.one, type_name(a.one))
FROM alike a CROSS JOIN object o ON o.id = a.holder
WHERE o.reachable AND o.retained_size >= a.bytes / 2 -- not the names of a module that defines some
ORDER BY a.bytes DESC, a.holder
