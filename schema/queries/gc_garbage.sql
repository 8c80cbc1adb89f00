-- What does gc.garbage keep, by type? (2.7: objects with a __del__ in cycles; with gc.DEBUG_SAVEALL all that was found.)
SELECT c.interpreter_id AS interpreter,
       CASE WHEN t.module IS NULL OR t.module = 'builtins' THEN t.qualname ELSE t.module || '.' || t.qualname END AS type,
       count(*) AS "objects:count", sum(o.footprint) AS "bytes:size", min(o.id) AS "example id", what(min(o.id)) AS example,
       path(min(o.id)) AS "kept by"
FROM collector c JOIN reference_row r ON r.referrer_id = c.garbage_id AND r.kind = 1 JOIN object o ON o.id = r.referent_id
     LEFT JOIN type t ON t.id = o.type_id
GROUP BY c.interpreter_id, o.type_id
ORDER BY c.interpreter_id, sum(o.footprint) DESC, count(*) DESC, 2
