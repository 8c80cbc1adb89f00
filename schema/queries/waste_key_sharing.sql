-- Instances of which classes have a dict with keys of its own, though their kind could share them (PEP 412)?
-- scans: object
-- A dict shares its keys until an attribute is deleted, set in an unusual order, or too many different ones are there.
WITH
own AS (SELECT o.id, o.length, o.shallow_size AS bytes FROM object o WHERE o.shared_keys = 0 AND o.length > 0),
instance AS (SELECT i.id, i.type_id, own.length, own.bytes FROM own
             CROSS JOIN reference_row r ON r.referent_id = own.id AND r.kind = 6
                   AND r.name_id IN (SELECT -id FROM name WHERE text = '__dict__')
             CROSS JOIN object i ON i.id = r.referrer_id
             CROSS JOIN type t ON t.id = i.type_id AND t.heap
             WHERE i.id NOT IN (SELECT id FROM type)), -- a class has its own
alike AS (SELECT type_id, count(*) AS instances, sum(bytes) AS bytes, sum(bytes - 48 - 8 * length) AS wasted,
                 min(id) AS example FROM instance GROUP BY type_id)
SELECT type_name(example) AS type, (SELECT count(*) FROM object x WHERE x.type_id = alike.type_id) AS "instances:count",
       instances AS "with own keys:count", bytes AS "dicts:size", max(wasted, 0) AS "wasted:size", example AS "example id"
FROM alike ORDER BY wasted DESC, 1, example
