-- How many objects has each type, how big are they, and what do they retain?
-- scans: object
SELECT coalesce(CASE WHEN t.module IS NULL OR t.module = 'builtins' THEN t.qualname ELSE t.module || '.' || t.qualname END, '?'),
       h.objects, h.footprint, h.shallow, t.retained
FROM (SELECT type_id, count(*) AS objects, sum(coalesce(footprint, 0)) AS footprint, sum(coalesce(shallow_size, 0)) AS shallow
      FROM object GROUP BY type_id) h LEFT JOIN type t ON t.id = h.type_id
