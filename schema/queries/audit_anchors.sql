-- By what is each object alive? The kind of the root that its shortest path ends in; native code alone, which counts references
-- that were found nowhere; an unreachable cycle; nothing that was found.
-- scans: object
SELECT CASE WHEN m.object_id IS NOT NULL THEN 'in an unreachable cycle'
            WHEN o.root_id IS NULL THEN 'unanchored: nothing that was found'
            WHEN r.kind = 'native' AND r.name LIKE '% counted, not found' THEN 'native code alone'
            ELSE 'root: ' || replace(r.kind, '_', ' ') END AS anchor,
       count(*) FILTER (WHERE o.root_distance = 0) AS "roots:count",
       count(*) AS "objects:count", sum(o.footprint) AS "bytes:size"
FROM object o LEFT JOIN root r ON r.id = o.root_id LEFT JOIN cycle_member m ON m.object_id = o.id
GROUP BY 1 ORDER BY count(*) DESC, 1
