-- To what does this object refer?
SELECT referrer_id, referent_id, ordinal, kind, name, position, confidence FROM reference
WHERE referrer_id = :id ORDER BY ordinal
