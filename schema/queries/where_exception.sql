-- WHERE exception[:TYPE]: every exception, or those of one type (TimeoutError, requests.exceptions.Timeout).
SELECT e.object_id, NULL AS frame_id, 'exception' AS label, 0 AS tier, NULL AS root_id
FROM exception e LEFT JOIN type t ON t.id = e.type_id
WHERE :name IS NULL OR t.qualname = :name OR t.module || '.' || t.qualname = :name
ORDER BY e.object_id
