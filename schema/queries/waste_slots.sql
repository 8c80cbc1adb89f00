-- What would __slots__ save, by class? About: from the first hundred instances of each.
-- With slots an instance is its two words, those of the collector, and a word an attribute.
WITH
-- sys.getsizeof counts the collector's head: what a list is beyond its structure and its items (16 or 32 bytes).
head AS (SELECT coalesce((SELECT o.shallow_size - t.basicsize - 8 * o.capacity FROM type t CROSS JOIN object o ON o.type_id = t.id
                          WHERE t.qualname = 'list' AND NOT t.heap AND o.capacity IS NOT NULL LIMIT 1), 16) AS bytes),
class AS (SELECT t.id, t.basicsize FROM type t
          WHERE t.heap AND t.retained >= 10000 AND t.base_id IN (SELECT id FROM type WHERE NOT heap AND qualname = 'object')),
-- Of an instance: its own bytes, its dict, and its attributes, in the dict or in the instance.
sample AS (SELECT class.id AS type_id, o.id, o.footprint AS bytes, d.footprint AS dict_bytes,
                  coalesce(d.length, (SELECT count(*) FROM reference_row a WHERE a.referrer_id = o.id AND a.kind = 4)) AS attributes
           FROM class CROSS JOIN object o ON o.id IN (SELECT id FROM object WHERE type_id = class.id LIMIT 100)
                LEFT JOIN object d ON d.id = (SELECT r.referent_id FROM reference_row r WHERE r.referrer_id = o.id AND r.kind = 6
                     AND r.name_id IN (SELECT -id FROM name WHERE text = '__dict__') LIMIT 1)),
mean AS (SELECT type_id, avg(bytes + coalesce(dict_bytes, 0)) AS bytes, avg(attributes) AS attributes, min(id) AS example
         FROM sample WHERE attributes > 0 GROUP BY type_id),
total AS (SELECT m.*, (SELECT count(*) FROM object x WHERE x.type_id = m.type_id) AS instances FROM mean m),
saved AS (SELECT *, CAST(instances * (bytes - 16 * ceil_16) AS INTEGER) AS wasted
          FROM (SELECT total.*, CAST((head.bytes + 16 + 8 * attributes + 15) / 16 AS INTEGER) AS ceil_16 FROM total, head))
SELECT type_name(example) AS type, instances AS "instances:count", printf('%.1f', attributes) AS attributes,
       CAST(instances * bytes AS INTEGER) AS "bytes:size", wasted AS "saved:size", example AS "example id"
FROM saved WHERE instances >= 100 AND wasted >= 1000 ORDER BY wasted DESC, 1, example
