-- Which classes exist more than once under the same name?
-- A class that is made in a function that runs often (namedtuple, type(), a local class), or a module that was loaded twice.
-- retained: what the class objects keep, without their instances.
SELECT coalesce(t.module || '.', '') || t.qualname AS class, count(*) AS "classes:count", sum(o.retained_size) AS "retained:size",
       min(t.id) AS "first id", max(t.id) AS "last id"
FROM type t JOIN object o ON o.id = t.id
WHERE t.heap GROUP BY t.module, t.qualname HAVING count(*) > 1
ORDER BY count(*) DESC, 1
