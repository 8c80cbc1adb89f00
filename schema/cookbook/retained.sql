-- Which single objects keep the most memory alive?
-- retained: bytes that would be freed with it. What stands below another with nearly the same figure is usually inside of it.
-- `exuvia show DB '#id'` tells more of one.
-- scans: object
-- needs: what, path
SELECT b.id, coalesce(nullif(t.module, 'builtins') || '.', '') || t.qualname AS type, b.retained_size AS "retained:size",
       b.retained_count AS "objects:count", what(b.id) AS object, path(b.id) AS "kept by"
FROM (SELECT id, type_id, retained_size, retained_count FROM object WHERE retained_size IS NOT NULL
      ORDER BY retained_size DESC, id LIMIT 50) b LEFT JOIN type t ON t.id = b.type_id
ORDER BY b.retained_size DESC, b.id
