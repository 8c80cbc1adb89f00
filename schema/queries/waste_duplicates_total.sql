-- How much do copies of str and bytes objects take in all, by type?
-- scans: content
WITH same AS (
  SELECT o.type_id, count(*) AS copies, sum(o.footprint) - max(o.footprint) AS wasted, min(o.id) AS example
  FROM content c CROSS JOIN object o ON o.id = c.object_id
  WHERE c.hash IS NOT NULL AND c.length > 0 AND o.reachable
  GROUP BY o.type_id, c.hash, c.length HAVING count(*) > 1)
SELECT type_name(min(example)) AS type, count(*) AS "contents:count", sum(copies) AS "objects:count", sum(wasted) AS "wasted:size"
FROM same GROUP BY type_id ORDER BY sum(wasted) DESC, 1
