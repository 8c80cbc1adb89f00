-- Of which objects are more references counted than were found, by type? Native code holds them, or leaks them.
SELECT CASE WHEN t.module IS NULL OR t.module = 'builtins' THEN t.qualname ELSE t.module || '.' || t.qualname END AS type,
       count(*) AS "objects:count", sum(a.surplus) AS "surplus:count",
       sum(min(a.surplus, a.guesses)) AS "conservative references:count", sum(min(a.surplus, a.words)) AS "words of native memory:count",
       sum(max(a.surplus - a.guesses - a.words, 0)) AS "unexplained:count", min(a.object_id) AS "example id",
       what(min(a.object_id)) AS example
FROM refcount_audit a JOIN object o ON o.id = a.object_id LEFT JOIN type t ON t.id = o.type_id
WHERE a.surplus > 0
GROUP BY o.type_id ORDER BY sum(max(a.surplus - a.guesses - a.words, 0)) DESC, sum(a.surplus) DESC, 1
