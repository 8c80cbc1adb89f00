-- What has yet to run before the unreachable cycles go, by type?
WITH pending AS (
  SELECT f.cycle_id, f.kind, f.stuck, o.type_id, count(*) AS calls, count(DISTINCT f.object_id) AS objects,
         min(f.object_id) AS object_id, min(f.function_id) AS function_id
  FROM finalizer f JOIN object o ON o.id = f.object_id
  GROUP BY f.cycle_id, f.kind, f.stuck, o.type_id)
SELECT CASE WHEN t.module IS NULL OR t.module = 'builtins' THEN t.qualname ELSE t.module || '.' || t.qualname END AS type,
       p.kind AS finalizer, sum(p.objects) AS "objects:count", sum(p.calls) AS "calls:count",
       CASE WHEN p.stuck THEN 'never: uncollectable' ELSE printf('generation %d is collected', max(c.generation)) END AS "runs when",
       count(*) AS "cycles:count", sum(c.bytes) AS "cycle bytes:size", min(p.object_id) AS "example id",
       what(min(p.object_id)) AS example, CASE WHEN min(p.function_id) IS NOT NULL THEN what(min(p.function_id)) END AS function
FROM pending p JOIN cycle c ON c.id = p.cycle_id LEFT JOIN type t ON t.id = p.type_id
GROUP BY p.type_id, p.kind, p.stuck
ORDER BY sum(c.bytes) DESC, sum(p.objects) DESC, 1, 2, p.stuck
