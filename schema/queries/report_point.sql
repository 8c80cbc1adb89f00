-- Where does the most memory accumulate? Not what makes up every process: modules, their namespaces, classes, functions.
WITH
usual AS (SELECT id FROM type WHERE qualname IN ('module', 'type', 'classobj', 'function', 'code', 'frame', 'traceback') AND NOT heap),
large AS (SELECT id, retained_size AS bytes, dominator_id, type_id FROM object WHERE retained_size >= 65536 AND reachable)
SELECT l.id, l.bytes
FROM (SELECT * FROM large WHERE type_id NOT IN (SELECT id FROM usual) ORDER BY bytes DESC, id LIMIT 200) l
WHERE coalesce((SELECT max(c.bytes) FROM large c WHERE c.dominator_id = l.id), 0) < l.bytes * 0.7
  AND NOT EXISTS (SELECT 1 FROM reference_row r CROSS JOIN object m ON m.id = r.referrer_id
                  WHERE r.referent_id = l.id AND r.kind = 6 AND m.type_id IN
                  (SELECT id FROM type WHERE qualname IN ('module', 'type') AND NOT heap))
  AND NOT EXISTS (SELECT 1 FROM root WHERE root.object_id = l.id AND root.kind IN ('interned', 'interpreter', 'module', 'static'))
ORDER BY l.bytes DESC, l.id LIMIT 1
