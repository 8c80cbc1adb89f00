-- What does an object dominate? The large objects each, the others by type.
SELECT min(id) AS object_id, count(*) AS "objects:count", sum(retained_size) AS "retained:size", one
FROM (SELECT id, type_id, retained_size, retained_size >= :least AS one FROM object WHERE dominator_id = :id)
GROUP BY one, CASE WHEN one THEN id ELSE type_id END
ORDER BY 3 DESC, 1 LIMIT :rows
