-- What is this object?
SELECT o.id, o.address, o.type_id, o.shallow_size, o.footprint, o.refcount, o.generation, o.reachable, o.dominator_id,
       o.retained_size, o.retained_count, o.root_distance, o.parent_id, o.storage, o.length,
       p.address AS pool_address, p.block_size, a.address AS arena_address,
       c.address AS chunk_address, c.size AS chunk_size
FROM object o LEFT JOIN pool p ON p.id = o.pool_id LEFT JOIN arena a ON a.id = p.arena_id
     LEFT JOIN chunk c ON c.id = o.chunk_id
WHERE o.id = :id
