-- WHERE module[:NAME]: every module, or those of one name.
SELECT o.id AS object_id, NULL AS frame_id, 'module' AS label, 0 AS tier, NULL AS root_id
FROM type t JOIN object o ON o.type_id = t.id
WHERE t.qualname = 'module' AND (t.module = 'builtins' OR t.module IS NULL)
  AND (:name IS NULL
       OR EXISTS (SELECT 1 FROM root r WHERE r.object_id = o.id AND r.kind = 'module' AND r.name = :name)
       OR EXISTS (SELECT 1 FROM reference d JOIN reference v ON v.referrer_id = d.referent_id
                    JOIN content c ON c.object_id = v.referent_id
                  WHERE d.referrer_id = o.id AND d.name IN ('__dict__', 'md_dict')
                    AND v.kind = 'value' AND v.name = '__name__' AND c.text = :name))
ORDER BY o.id
