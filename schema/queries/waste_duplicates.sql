-- Which str and bytes objects have the same content, and what do the copies beyond one of each take?
-- scans: content
WITH same AS (
  SELECT o.type_id, c.hash, c.length, count(*) AS copies, sum(o.footprint) - max(o.footprint) AS wasted, min(o.id) AS example
  FROM content c CROSS JOIN object o ON o.id = c.object_id
  WHERE c.hash IS NOT NULL AND c.length > 0 AND o.reachable
  GROUP BY o.type_id, c.hash, c.length HAVING count(*) > 1)
SELECT type_name(example) AS type, length AS "length:count", copies AS "copies:count", wasted AS "wasted:size",
       example AS "example id", what(example) AS example, path(example) AS "kept by"
FROM same ORDER BY wasted DESC, copies DESC, same.example
