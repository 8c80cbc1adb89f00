-- What was made since the last collection (generation 0), by type?
-- The youngest objects that the collector knows: what a burst or a loop has just made.
-- scans: object
SELECT coalesce(nullif(t.module, 'builtins') || '.', '') || t.qualname AS type, y.objects AS "objects:count",
       y.footprint AS "footprint:size", y.example AS "example id"
FROM (SELECT type_id, count(*) AS objects, sum(footprint) AS footprint, min(id) AS example
      FROM object WHERE generation = 0 GROUP BY type_id) y LEFT JOIN type t ON t.id = y.type_id
ORDER BY y.footprint DESC, y.objects DESC, y.type_id
