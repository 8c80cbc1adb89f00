-- Which objects pin arenas, by type and by what holds them?
SELECT coalesce(t.qualname, p.owner) AS type,
       (SELECT holder.qualname FROM object po JOIN type holder ON holder.id = po.type_id WHERE po.id = o.parent_id) AS "held by",
       count(DISTINCT p.arena_id) AS "arenas:count", sum(p.blocks) AS "blocks:count", sum(p.bytes) AS "bytes:size",
       min(p.object_id) AS "example id", path(min(p.object_id)) AS "kept by"
FROM pin p LEFT JOIN object o ON o.id = p.object_id LEFT JOIN type t ON t.id = o.type_id
GROUP BY 1, 2
ORDER BY count(DISTINCT p.arena_id) DESC, sum(p.bytes) DESC, 1, 2
