-- Which str and bytes objects have the same content, and what do the copies beyond one of each take?
-- Reads the index content_by_hash as a whole, and of content and object only what has copies.
WITH
several AS (SELECT hash, length FROM content WHERE hash IS NOT NULL AND length > 0 GROUP BY hash, length HAVING count(*) > 1),
same AS (
  SELECT o.type_id, s.length, count(*) AS copies, sum(o.footprint) - max(o.footprint) AS wasted, min(o.id) AS example
  FROM several s CROSS JOIN content c ON c.hash = s.hash AND c.length = s.length CROSS JOIN object o ON o.id = c.object_id
  WHERE o.reachable
  GROUP BY o.type_id, s.hash, s.length HAVING count(*) > 1)
SELECT type_name(example) AS type, length AS "length:count", copies AS "copies:count", wasted AS "wasted:size",
       example AS "example id", what(example) AS example, path(example) AS "kept by"
FROM same WHERE wasted > 0 ORDER BY wasted DESC, copies DESC, same.example
