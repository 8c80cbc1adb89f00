-- Which attributes hold empty lists, dicts, sets and deques, by class and attribute?
WITH
container AS (SELECT id FROM type
              WHERE (NOT heap OR module IN ('collections', '_collections')) AND qualname IN ('list', 'dict', 'set', 'deque', 'OrderedDict', 'defaultdict',
              'collections.deque')),
empty AS (SELECT o.id, o.type_id, o.footprint AS bytes FROM object o
          WHERE o.length = 0 AND o.type_id IN (SELECT id FROM container) AND o.reachable),
-- An attribute is in the instance (kinds 4, 5) or in its dict (a value of that).
held AS (SELECT e.id, e.bytes, e.type_id AS kind_id, r.name_id, CASE r.kind WHEN 3 THEN
                (SELECT n.referrer_id FROM reference_row n WHERE n.referent_id = r.referrer_id AND n.kind = 6
                 AND n.name_id IN (SELECT -id FROM name WHERE text = '__dict__') LIMIT 1) ELSE r.referrer_id END AS instance_id
         FROM empty e CROSS JOIN reference_row r ON r.referent_id = e.id AND r.kind IN (3, 4, 5)),
named AS (SELECT h.id, h.bytes, h.kind_id, i.type_id, CASE WHEN h.name_id > 0 THEN (SELECT text FROM content WHERE object_id = h.name_id)
                 ELSE (SELECT text FROM name WHERE id = -h.name_id) END AS attribute
          FROM held h CROSS JOIN object i ON i.id = h.instance_id CROSS JOIN type t ON t.id = i.type_id AND t.heap)
SELECT t.qualname || '.' || n.attribute AS attribute, k.qualname AS type, count(DISTINCT n.id) AS "empty:count",
       sum(n.bytes) AS "wasted:size", min(n.id) AS "example id"
FROM named n JOIN type t ON t.id = n.type_id JOIN type k ON k.id = n.kind_id
WHERE n.attribute IS NOT NULL
GROUP BY n.type_id, n.attribute, n.kind_id HAVING count(*) >= 2 ORDER BY sum(n.bytes) DESC, 1, 2
