-- How much do copies of str and bytes objects take in all, by type?
-- Reads the index content_by_hash as a whole, and of content and object only what has copies.
WITH
several AS (SELECT hash, length FROM content WHERE hash IS NOT NULL AND length > 0 GROUP BY hash, length HAVING count(*) > 1),
same AS (
  SELECT o.type_id, count(*) AS copies, sum(o.footprint) - max(o.footprint) AS wasted, min(o.id) AS example
  FROM several s CROSS JOIN content c ON c.hash = s.hash AND c.length = s.length CROSS JOIN object o ON o.id = c.object_id
  WHERE o.reachable
  GROUP BY o.type_id, s.hash, s.length HAVING count(*) > 1)
SELECT type_name(min(example)) AS type, count(*) AS "contents:count", sum(copies) AS "objects:count", sum(wasted) AS "wasted:size"
FROM same GROUP BY type_id ORDER BY sum(wasted) DESC, 1
