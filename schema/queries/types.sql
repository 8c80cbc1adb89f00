-- Which types have how many objects, and how big are these?
-- scans: object
WITH histogram AS (
  SELECT coalesce(CASE WHEN t.module IS NULL OR t.module = 'builtins' THEN t.qualname
                       ELSE t.module || '.' || t.qualname END, '?') AS type,
         h.objects, h.shallow, h.footprint, h.type_id, t.retained
  FROM (SELECT type_id, count(*) AS objects, sum(shallow_size) AS shallow, sum(footprint) AS footprint
        FROM object GROUP BY type_id) h
       LEFT JOIN type t ON t.id = h.type_id)
SELECT type,
       objects AS "objects:count",
       shallow AS "shallow:size",
       footprint AS "footprint:size",
       retained AS "retained:size",
       type_id
FROM histogram
ORDER BY CASE :by WHEN 'type' THEN type END,
         CASE :by WHEN 'objects' THEN objects WHEN 'footprint' THEN footprint WHEN 'retained' THEN retained WHEN 'type_id' THEN -type_id
                  ELSE shallow END DESC,
         objects DESC, type, type_id
