-- How much do few survivors keep of obmalloc's arenas?
WITH private AS (SELECT sum(bytes) AS bytes FROM ledger
                 WHERE category NOT IN ('file mappings', 'reserved, not accessible', 'vdso')),
sparse AS (SELECT count(*) AS arenas, sum(size) AS mapped, sum(used_bytes) AS used FROM arena WHERE used_bytes < size / 4),
pins AS (SELECT coalesce(t.qualname, p.owner) AS type, count(DISTINCT p.arena_id) AS arenas, min(p.object_id) AS example
         FROM pin p LEFT JOIN object o ON o.id = p.object_id LEFT JOIN type t ON t.id = o.type_id
         GROUP BY 1 ORDER BY count(DISTINCT p.arena_id) DESC, sum(p.bytes) DESC, 1 LIMIT 1)
SELECT sparse.mapped - sparse.used,
       printf('%,d of obmalloc''s %,d arenas are less than a quarter full: %s in use keep %s mapped (%d %% of private memory). '
              || 'What pins the most of them is %s (%,d arenas)%s.',
              sparse.arenas, (SELECT count(*) FROM arena), size(sparse.used), size(sparse.mapped),
              100 * sparse.mapped / private.bytes, CASE WHEN pins.type = 'unknown' THEN 'no object that is known'
                                                        WHEN pins.example IS NULL THEN 'no object but ' || pins.type
                                                        ELSE 'of type ' || coalesce(type_name(pins.example), pins.type) END, pins.arenas,
              coalesce(', for instance ' || what(pins.example), '') || coalesce(', kept by ' || path(pins.example), '')),
       'An arena is given back when its last block is freed; until then its free blocks serve new objects of the same sizes.',
       'exuvia arenas DB --pins'
FROM sparse, pins, private
WHERE sparse.arenas >= 4 -- one that is being filled and one or two that are left over are usual
  AND sparse.mapped - sparse.used >= 1000000 AND sparse.mapped - sparse.used >= private.bytes / 20
