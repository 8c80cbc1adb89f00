-- Which exceptions keep the most memory, and who keeps them?
SELECT what(e.object_id) AS exception, o.retained_size AS "retained:size", o.retained_count AS "objects:count",
       path(e.object_id) AS "kept by"
FROM exception e JOIN object o ON o.id = e.object_id
ORDER BY o.retained_size DESC, e.object_id
