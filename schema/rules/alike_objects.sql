-- title: Many objects of a kind, reached by alike paths, retain a large share of memory
-- severity: warning
-- general: 1
-- why: None of them is large, all of them together are: instances that are made again and again and never dropped.
-- do: Look who keeps one of them (its path), and whether they should have gone when their work was done.
WITH
private AS (SELECT coalesce(sum(bytes), 0) AS bytes FROM ledger
            WHERE category NOT IN ('file mappings', 'reserved, not accessible', 'vdso')),
-- Classes of the program; what the interpreter is made of is many by nature.
large AS (SELECT t.id, t.retained FROM type t, private
          WHERE t.heap AND t.retained >= 1000000 AND t.retained >= private.bytes / 20 ORDER BY t.retained DESC LIMIT 10),
-- Alike: the same type, held by the same type through a reference of the same name.
held AS (SELECT o.type_id, p.type_id AS parent_type, o.id, o.parent_id, o.dominator_id, o.retained_size AS bytes
         FROM large JOIN object o ON o.type_id = large.id JOIN object p ON p.id = o.parent_id
         WHERE o.reachable AND p.type_id <> o.type_id),
alike AS (SELECT type_id, parent_type, count(*) AS objects, sum(bytes) AS bytes, max(bytes) AS most, min(id) AS one, min(parent_id) AS parent,
                 min(dominator_id) AS dominator_id, count(DISTINCT dominator_id) AS holders
          FROM held GROUP BY type_id, parent_type)
SELECT CASE WHEN a.holders = 1 THEN a.dominator_id ELSE a.one END, a.bytes,
       printf('%,d objects of type %s, each held by a %s, retain %s', a.objects, type_name(a.one),
              coalesce(type_name(a.parent), '?'), size(a.bytes)),
       printf('One of them is #%d, reached by %s.', a.one, path(a.one))
FROM alike a, private
WHERE a.objects >= 100 AND a.most < a.bytes / 2 AND a.bytes >= 1000000 AND a.bytes >= private.bytes / 20
ORDER BY a.bytes DESC, a.one
