-- Where do the objects lie, and how much do they take?
-- scans: object
SELECT coalesce(storage, 'unknown') AS storage, count(*) AS "objects:count", sum(shallow_size) AS "shallow:size",
       sum(footprint) AS "footprint:size"
FROM object GROUP BY 1 ORDER BY sum(shallow_size) DESC, 1
