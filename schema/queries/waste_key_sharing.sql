-- Instances of which classes have a dict with keys of its own, though their kind could share them (PEP 412)?
-- scans: object
-- A dict shares its keys until an attribute is deleted, set in an unusual order, or too many different ones are there.
WITH
-- sys.getsizeof counts the collector's head: what a list is beyond its structure and its items (16 or 32 bytes).
head AS (SELECT coalesce((SELECT o.shallow_size - t.basicsize - 8 * o.capacity FROM type t CROSS JOIN object o ON o.type_id = t.id
                          WHERE t.qualname = 'list' AND NOT t.heap AND o.capacity IS NOT NULL LIMIT 1), 16) AS bytes),
-- Sharing, a dict is its structure and a word for each key that there is room for.
own AS (SELECT o.id, o.shallow_size AS bytes,
               o.shallow_size - head.bytes - (SELECT basicsize FROM type WHERE id = o.type_id) - 8 * o.capacity AS wasted FROM head, object o WHERE o.shared_keys = 0 AND o.length > 0),
instance AS (SELECT i.id, i.type_id, own.bytes, own.wasted FROM own
             CROSS JOIN reference_row r ON r.referent_id = own.id AND r.kind = 6
                   AND r.name_id IN (SELECT -id FROM name WHERE text = '__dict__')
             CROSS JOIN object i ON i.id = r.referrer_id
             CROSS JOIN type t ON t.id = i.type_id AND t.heap
             WHERE i.id NOT IN (SELECT id FROM type)), -- a class has its own
alike AS (SELECT type_id, count(*) AS instances, sum(bytes) AS bytes, sum(wasted) AS wasted,
                 min(id) AS example FROM instance GROUP BY type_id)
SELECT type_name(example) AS type, (SELECT count(*) FROM object x WHERE x.type_id = alike.type_id) AS "instances:count",
       instances AS "with own keys:count", bytes AS "dicts:size", max(wasted, 0) AS "wasted:size", example AS "example id"
FROM alike ORDER BY wasted DESC, 1, example
