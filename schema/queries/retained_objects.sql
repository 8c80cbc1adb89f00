-- Which objects retain the most?
-- scans: object
SELECT o.id AS object_id, what(o.id) AS object, o.retained_size AS "retained:size", o.retained_count AS "objects:count",
       o.footprint AS "own:size", path(o.id) AS "held by", o.dominator_id, o.address AS "address:address"
FROM (SELECT * FROM object WHERE retained_size IS NOT NULL ORDER BY retained_size DESC, id LIMIT :rows) o
ORDER BY o.retained_size DESC, o.id
