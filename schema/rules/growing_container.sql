-- title: A container that has grown far beyond others of its kind
-- severity: warning
-- why: Lists, dicts, sets and deques that only ever get more are the commonest leak: registries, caches without a bound,
--   histories.
-- do: Bound it (functools.lru_cache with a maxsize, collections.deque with a maxlen), remove what is done, or hold its
--   members weakly (weakref.WeakValueDictionary).
WITH RECURSIVE
kind(id, root) AS (
  SELECT id, id FROM type
              WHERE (NOT heap OR module IN ('collections', '_collections')) AND qualname IN ('list', 'dict', 'set', 'deque', 'OrderedDict', 'defaultdict')
  UNION ALL SELECT t.id, kind.root FROM type t JOIN kind ON t.base_id = kind.id WHERE t.heap),
-- A dict of namespaces and the dict of interned strings grow with the program.
large AS (SELECT DISTINCT o.id, o.type_id, o.length, o.retained_size AS bytes FROM object o
          WHERE o.retained_size >= 65536 AND o.length >= 10000 AND o.type_id IN (SELECT id FROM kind)
            AND NOT EXISTS (SELECT 1 FROM root r WHERE r.object_id = o.id AND (r.kind IN ('interned', 'interpreter')
                            OR r.kind = 'frame' AND r.name NOT LIKE 'stack[%'))
            AND NOT EXISTS (SELECT 1 FROM object f JOIN type t ON t.id = f.type_id
                            WHERE f.id = o.dominator_id AND t.qualname IN ('frame', 'traceback'))
          ORDER BY o.retained_size DESC LIMIT 20),
others AS (SELECT o.type_id, count(*) AS containers, avg(o.length) AS items FROM object o
           WHERE o.type_id IN (SELECT type_id FROM large) AND o.id NOT IN (SELECT id FROM large) GROUP BY o.type_id)
SELECT l.id, l.bytes, printf('a %s has %,d items and retains %s', type_name(l.id), l.length, size(l.bytes)),
       coalesce(printf('The %,d others have %.1f items on average.', others.containers, others.items), 'It is the only one.')
FROM large l LEFT JOIN others ON others.type_id = l.type_id
WHERE l.length >= 20 * coalesce(others.items, 0)
ORDER BY l.bytes DESC, l.id
