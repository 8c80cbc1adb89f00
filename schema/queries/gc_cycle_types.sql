-- What do the uncollected cycles consist of?
-- scans: cycle_member
SELECT CASE WHEN t.module IS NULL OR t.module = 'builtins' THEN t.qualname ELSE t.module || '.' || t.qualname END AS type,
       count(*) AS "objects:count", sum(o.footprint) AS "bytes:size"
FROM cycle_member m JOIN object o ON o.id = m.object_id LEFT JOIN type t ON t.id = o.type_id
GROUP BY o.type_id
ORDER BY sum(o.footprint) DESC, count(*) DESC, 1
