-- To what does this object refer?
SELECT r.referent_id, o.address, r.referrer_id, r.ordinal
FROM reference_row r LEFT JOIN object o ON o.id = r.referent_id
WHERE r.referrer_id = :id ORDER BY r.ordinal
