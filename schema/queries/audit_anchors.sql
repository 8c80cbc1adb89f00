-- By what is each object alive? The first of: a root of that kind within a shortest path; an unreachable cycle; nothing.
-- scans: object
WITH first_root AS (SELECT object_id, kind, min(id) FROM root GROUP BY object_id)
SELECT CASE WHEN m.object_id IS NOT NULL THEN 'in an unreachable cycle'
            WHEN o.reachable = 0 THEN 'nothing that was found'
            WHEN r.object_id IS NOT NULL THEN 'root: ' || replace(r.kind, '_', ' ')
            ELSE 'reached from a root' END AS anchor,
       count(*) AS "objects:count", sum(o.footprint) AS "bytes:size"
FROM object o LEFT JOIN first_root r ON r.object_id = o.id LEFT JOIN cycle_member m ON m.object_id = o.id
GROUP BY 1 ORDER BY count(*) DESC, 1
