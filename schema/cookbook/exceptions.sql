-- Which exceptions are alive, by type?
-- raised: with a traceback; retained: bytes that go with them, summed up (what two of them share is in none).
SELECT coalesce(nullif(t.module, 'builtins') || '.', '') || t.qualname AS type, count(*) AS "exceptions:count",
       count(e.traceback_id) AS "raised:count", sum(o.retained_size) AS "retained:size", min(e.object_id) AS "example id",
       min(e.message) AS "a message"
FROM exception e JOIN object o ON o.id = e.object_id LEFT JOIN type t ON t.id = e.type_id
GROUP BY e.type_id ORDER BY sum(o.retained_size) DESC, count(*) DESC, 1
