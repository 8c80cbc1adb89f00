-- What do the unreachable cycles consist of that no collection has reached?
-- Garbage that waits for gc.collect(), by type. bytes: footprint; oldest: the generation whose collection frees the last.
-- scans: cycle_member
SELECT coalesce(nullif(t.module, 'builtins') || '.', '') || t.qualname AS type, count(*) AS "objects:count",
       count(DISTINCT m.cycle_id) AS "cycles:count", sum(o.footprint) AS "bytes:size", max(c.generation) AS oldest,
       min(m.object_id) AS "example id"
FROM cycle_member m JOIN object o ON o.id = m.object_id JOIN cycle c ON c.id = m.cycle_id LEFT JOIN type t ON t.id = o.type_id
GROUP BY o.type_id ORDER BY sum(o.footprint) DESC, count(*) DESC, 1
