-- Who refers to an object, and by which reference? Strong and exact ones first.
SELECT r.referrer_id AS id, o.address AS "address:address",
       CASE WHEN t.module IS NULL OR t.module = 'builtins' THEN t.qualname ELSE t.module || '.' || t.qualname END AS type,
       r.ordinal, r.kind, r.name, r.position, r.confidence, o.shallow_size AS "shallow:size"
FROM reference r JOIN object o ON o.id = r.referrer_id LEFT JOIN type t ON t.id = o.type_id
WHERE r.referent_id = :id
ORDER BY r.kind = 'weak', r.confidence = 'conservative', r.referrer_id, r.ordinal
