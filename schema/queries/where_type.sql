-- WHERE type:QUALNAME: every object of a type (dict, collections.OrderedDict).
SELECT o.id AS object_id, NULL AS frame_id, 'type' AS label, 0 AS tier, NULL AS root_id
FROM type t CROSS JOIN object o ON o.type_id = t.id
WHERE t.qualname = :name OR t.module || '.' || t.qualname = :name
ORDER BY o.id
