-- title: The callback of a weak reference holds its referent
-- severity: severe
-- why: The callback, or what weakref.finalize is to call, refers to the very object whose end it waits for. That end never
--   comes: weakref.finalize(x, x.close) keeps x until the interpreter exits.
-- do: Give the callback what it needs (a file descriptor, a path), not the object nor one of its methods.
WITH
weak_type AS (SELECT id FROM type WHERE qualname IN ('ReferenceType', 'weakref', 'KeyedRef', 'WeakMethod', 'weakref.ReferenceType')),
info_type AS (SELECT id FROM type WHERE qualname IN ('finalize._Info', '_Info')),
pair AS (SELECT w.id AS weak_id, w.dominator_id AS above_id, r.referent_id, o.retained_size AS bytes
         FROM object w CROSS JOIN reference_row r ON r.referrer_id = w.id AND r.kind = 12 CROSS JOIN object o ON o.id = r.referent_id
         WHERE w.type_id IN (SELECT id FROM weak_type) AND o.reachable),
stuck AS (SELECT p.referent_id, p.bytes, p.weak_id,
                 CASE WHEN dominates(p.weak_id, p.referent_id) THEN p.weak_id
                      WHEN (SELECT type_id FROM object WHERE id = p.above_id) IN (SELECT id FROM info_type)
                           AND dominates(p.above_id, p.referent_id) THEN p.above_id END AS holder_id
          FROM pair p),
alike AS (SELECT o.dominator_id, count(DISTINCT s.referent_id) AS objects, sum(s.bytes) AS bytes, min(s.holder_id) AS holder_id,
                 min(s.referent_id) AS one
          FROM stuck s CROSS JOIN object o ON o.id = s.holder_id
          GROUP BY o.dominator_id, (SELECT type_id FROM object WHERE id = s.referent_id))
SELECT CASE WHEN objects = 1 OR dominator_id IS NULL THEN one ELSE dominator_id END, bytes,
       printf('%,d %s kept for ever by the %s to be called at their end: %s', objects,
              CASE objects WHEN 1 THEN 'object is' ELSE 'objects are' END,
              CASE objects WHEN 1 THEN 'callback' ELSE 'callbacks' END, size(bytes)),
       printf('One is #%d, %s; the callback hangs on #%d.', one, what(one), holder_id)
FROM alike ORDER BY bytes DESC, one
