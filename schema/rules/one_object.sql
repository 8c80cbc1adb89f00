-- title: One object retains a large share of memory
-- severity: warning
-- general: 2
-- why: What it retains would go with it, and most of that hangs on it directly or in small parts: it is where memory
--   accumulates.
-- do: Find out whether all of it is wanted; bound it, or drop the reference that stands at the end of its path.
WITH
private AS (SELECT coalesce(sum(bytes), 0) AS bytes FROM ledger
            WHERE category NOT IN ('file mappings', 'reserved, not accessible', 'vdso')),
-- What makes up every process: modules, their namespaces, classes, and what the interpreter itself has.
usual AS (SELECT id FROM type WHERE qualname IN ('module', 'type', 'classobj', 'function', 'code') AND NOT heap),
large AS (SELECT o.id, o.retained_size AS bytes, o.retained_count AS objects, o.dominator_id, o.type_id FROM object o, private
          WHERE o.retained_size >= 65536 AND o.retained_size >= max(private.bytes / 20, 1000000))
SELECT l.id, l.bytes,
       printf('%s %s retains %s (%d %% of private memory) in %,d objects', CASE WHEN substr(type_name(l.id), 1, 1) IN
              ('a', 'e', 'i', 'o', 'u') THEN 'an' ELSE 'a' END, type_name(l.id), size(l.bytes), 100 * l.bytes / max(private.bytes, 1),
              l.objects),
       (SELECT printf('Of what it refers to, most is of type %s.', type_name(min(o.id)))
        FROM (SELECT referent_id FROM reference_row WHERE referrer_id = l.id LIMIT 1000) part CROSS JOIN object o ON o.id = part.referent_id
        GROUP BY o.type_id ORDER BY sum(o.retained_size) DESC, o.type_id LIMIT 1)
FROM large l, private
WHERE l.type_id NOT IN (SELECT id FROM usual)
  AND coalesce((SELECT max(c.bytes) FROM large c WHERE c.dominator_id = l.id), 0) < l.bytes * 0.7
  AND NOT EXISTS (SELECT 1 FROM reference_row r JOIN object m ON m.id = r.referrer_id
                  WHERE r.referent_id = l.id AND m.type_id IN (SELECT id FROM usual) AND r.kind <> 12
                  AND m.id = l.dominator_id)
ORDER BY l.bytes DESC, l.id
