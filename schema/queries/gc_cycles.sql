-- Which unreachable cycles wait for a collection, and what do they hang on?
WITH shape AS (
  SELECT cycle_id, group_concat(coalesce(qualname, '?'), ' -> ') AS steps
  FROM (SELECT s.cycle_id, t.qualname
        FROM cycle_step s LEFT JOIN object o ON o.id = s.object_id LEFT JOIN type t ON t.id = o.type_id
        ORDER BY s.cycle_id, s.ordinal)
  GROUP BY cycle_id)
SELECT count(*) AS "cycles:count", sum(c.objects) AS "objects:count", sum(c.bytes) AS "bytes:size",
       max(c.generation) AS generation, min(c.object_id) AS "example id",
       what(min(c.object_id)) AS example,
       coalesce(shape.steps || ' -> (back)', 'no way round was found') AS "way round"
FROM cycle c LEFT JOIN shape ON shape.cycle_id = c.id
GROUP BY shape.steps
ORDER BY sum(c.bytes) DESC, sum(c.objects) DESC, shape.steps
