-- Who keeps exceptions alive that were raised and handled long ago?
-- By the reference that leads to each: an attribute of a logger's record, a local variable, an item ... (one may have several)
SELECT coalesce(nullif(h.module, 'builtins') || '.', '') || h.qualname AS holder, r.kind || coalesce(' ' || r.name, '') AS reference,
       coalesce(nullif(t.module, 'builtins') || '.', '') || t.qualname AS exception, count(*) AS "exceptions:count",
       sum(o.retained_size) AS "retained:size", min(e.object_id) AS "example id"
FROM exception e JOIN object o ON o.id = e.object_id LEFT JOIN type t ON t.id = e.type_id
     JOIN reference r ON r.referent_id = e.object_id
     JOIN object p ON p.id = r.referrer_id LEFT JOIN type h ON h.id = p.type_id
WHERE e.traceback_id IS NOT NULL AND r.kind <> 'weak'
GROUP BY p.type_id, r.kind, r.name, e.type_id ORDER BY sum(o.retained_size) DESC, count(*) DESC, 1, 2, 3
