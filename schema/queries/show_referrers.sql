-- Who refers to this object? Strong and exact references first.
SELECT r.referrer_id, o.address, r.referrer_id, r.ordinal
FROM reference_row r LEFT JOIN object o ON o.id = r.referrer_id
WHERE r.referent_id = :id ORDER BY r.kind = 12, r.confidence, r.referrer_id, r.ordinal
