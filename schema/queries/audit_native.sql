-- What does native code alone hold? Its count of references is higher than all that were found, and no other root leads to it.
SELECT r.object_id AS id, what(r.object_id) AS object, a.refcount, a.surplus, o.retained_size AS "retained:size"
FROM root r JOIN refcount_audit a ON a.object_id = r.object_id JOIN object o ON o.id = r.object_id
WHERE r.kind = 'native' AND r.name LIKE '% counted, not found'
ORDER BY o.retained_size DESC, r.object_id
