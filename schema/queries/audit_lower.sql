-- Of which objects are fewer references counted than were found, by type? A memory error of the process, or a fault of exuvia.
SELECT CASE WHEN t.module IS NULL OR t.module = 'builtins' THEN t.qualname ELSE t.module || '.' || t.qualname END AS type,
       count(*) AS "objects:count", -sum(a.surplus) AS "missing:count", min(a.object_id) AS "example id", what(min(a.object_id)) AS example
FROM refcount_audit a JOIN object o ON o.id = a.object_id LEFT JOIN type t ON t.id = o.type_id
WHERE a.surplus < 0
GROUP BY o.type_id ORDER BY sum(a.surplus), 1
