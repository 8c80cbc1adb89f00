-- Which live objects accumulate the most, and which of these does no traceback keep?
WITH RECURSIVE
private AS (SELECT sum(bytes) AS bytes FROM ledger
            WHERE category NOT IN ('file mappings', 'reserved, not accessible', 'vdso')),
large AS (SELECT o.id, o.retained_size AS bytes, o.retained_count AS objects, o.dominator_id FROM object o, private
          WHERE o.retained_size >= 65536 -- has an index
            AND o.retained_size >= max(private.bytes / 20, 1000000)),
point AS (SELECT l.* FROM large l
          WHERE coalesce((SELECT max(c.bytes) FROM large c WHERE c.dominator_id = l.id), 0) < l.bytes * 0.7
          ORDER BY l.bytes DESC, l.id LIMIT 5),
up(id, node, depth) AS (
  SELECT id, dominator_id, 0 FROM point
  UNION ALL
  SELECT up.id, o.dominator_id, depth + 1 FROM up JOIN object o ON o.id = up.node
  WHERE up.node IS NOT NULL AND depth < 1000)
SELECT p.bytes,
       printf('%s (#%d) is live and retains %s (%d %% of private memory) in %,d objects. It is reached by %s.', what(p.id),
              p.id, size(p.bytes), 100 * p.bytes / private.bytes, p.objects, path(p.id)),
       'It is freed when the last reference to it is dropped.',
       printf('exuvia show DB ''#%d''', p.id)
FROM point p, private
WHERE NOT EXISTS (SELECT 1 FROM up WHERE up.id = p.id AND up.node IN (SELECT object_id FROM traceback))
  AND NOT EXISTS (SELECT 1 FROM up JOIN point outer_ ON outer_.id = up.node WHERE up.id = p.id)
