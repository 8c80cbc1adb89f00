-- title: A traceback keeps the local variables of its frames
-- severity: warning
-- general: 1
-- why: Who keeps an exception or a traceback keeps its frames, and with them what was local where it was raised.
-- do: Drop the exception when it was handled; keep its text (traceback.format_exception), or call
--   traceback.clear_frames on what is kept.
WITH private AS (SELECT coalesce(sum(bytes), 0) AS bytes FROM ledger
                 WHERE category NOT IN ('file mappings', 'reserved, not accessible', 'vdso'))
SELECT o.id, o.retained_size, printf('a traceback keeps %s', size(o.retained_size)),
       printf('It is %s.', what(o.id))
FROM traceback b JOIN object o ON o.id = b.object_id, private
WHERE o.retained_size >= 1000000 AND o.retained_size >= private.bytes / 20
  AND NOT EXISTS (SELECT 1 FROM traceback outer_ WHERE outer_.object_id = o.dominator_id)
ORDER BY o.retained_size DESC, o.id
