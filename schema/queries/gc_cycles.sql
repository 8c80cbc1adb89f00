-- Which unreachable cycles wait for a collection, and what do they hang on?
WITH
typed AS (SELECT s.cycle_id, s.ordinal, s.object_id, o.type_id FROM cycle_step s LEFT JOIN object o ON o.id = s.object_id),
named AS (SELECT type_id, type_name(min(object_id)) AS name FROM typed GROUP BY type_id),
shape AS (
  SELECT cycle_id, group_concat(coalesce(name, '?'), ' -> ') AS steps
  FROM (SELECT t.cycle_id, n.name FROM typed t LEFT JOIN named n ON n.type_id = t.type_id ORDER BY t.cycle_id, t.ordinal)
  GROUP BY cycle_id)
SELECT count(*) AS "cycles:count", sum(c.objects) AS "objects:count", sum(c.bytes) AS "bytes:size",
       max(c.generation) AS generation, min(c.object_id) AS "example id",
       what(min(c.object_id)) AS example,
       coalesce(shape.steps || ' -> (back)', 'no way round was found') AS "way round"
FROM cycle c LEFT JOIN shape ON shape.cycle_id = c.id
GROUP BY shape.steps
ORDER BY sum(c.bytes) DESC, sum(c.objects) DESC, shape.steps
