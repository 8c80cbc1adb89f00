-- What do the threads keep in threading.local()?
-- A row for each name in the namespace of each thread. retained: bytes that go when the name is deleted.
-- needs: what, path
SELECT l.id AS local, v.name, what(v.referent_id) AS value, o.retained_size AS "retained:size", path(l.id) AS "kept by"
FROM type t JOIN object l ON l.type_id = t.id
     JOIN reference s ON s.referrer_id = l.id AND s.name IN ('dummies', 'localdicts')
     JOIN reference_row d ON d.referrer_id = s.referent_id AND d.kind = 3
     JOIN reference v ON v.referrer_id = d.referent_id AND v.kind = 'value'
     JOIN object o ON o.id = v.referent_id
WHERE t.qualname IN ('_local', 'local')
ORDER BY o.retained_size DESC, l.id, v.name, v.referent_id
