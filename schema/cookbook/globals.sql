-- Which globals of which modules keep the most memory alive?
-- retained: bytes that would be freed if the name were deleted; 0 or little when something else refers to it, too.
SELECT m.name AS module, g.name AS global, o.id, coalesce(nullif(t.module, 'builtins') || '.', '') || t.qualname AS type,
       o.length AS "items:count", o.retained_size AS "retained:size"
FROM (SELECT DISTINCT object_id, name FROM root WHERE kind = 'module') m
     JOIN reference d ON d.referrer_id = m.object_id AND d.name IN ('__dict__', 'md_dict')
     JOIN reference g ON g.referrer_id = d.referent_id AND g.kind = 'value'
     JOIN object o ON o.id = g.referent_id LEFT JOIN type t ON t.id = o.type_id
WHERE t.qualname <> 'module' OR t.module <> 'builtins'
ORDER BY o.retained_size DESC, m.name, g.name LIMIT 50
