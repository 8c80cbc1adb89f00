-- What pins an arena that is all but empty, each with the chain that holds it? (:arena NULL: of every such arena.)
SELECT p.arena_id AS arena, p.object_id AS "object id",
       coalesce(CASE WHEN t.module IS NULL OR t.module = 'builtins' THEN t.qualname ELSE t.module || '.' || t.qualname END,
                p.owner) AS type,
       p.blocks AS "blocks:count", p.bytes AS "bytes:size", CASE WHEN p.object_id IS NOT NULL THEN what(p.object_id) END AS object,
       coalesce(nullif(path(p.object_id), ''),
                (SELECT 'unreachable cycle ' || cycle_id FROM cycle_member WHERE object_id = p.object_id),
                CASE WHEN p.object_id IS NOT NULL THEN 'nothing that was found' END) AS "kept by"
FROM pin p JOIN arena a ON a.id = p.arena_id LEFT JOIN object o ON o.id = p.object_id LEFT JOIN type t ON t.id = o.type_id
WHERE :arena IS NULL OR p.arena_id = :arena
ORDER BY a.used_bytes, a.id, p.bytes DESC, p.object_id, p.owner
