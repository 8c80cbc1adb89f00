-- title: Frames of calls that have returned are kept
-- severity: warning
-- why: A frame object (sys._getframe, inspect.currentframe, inspect.stack, a profiler or a tracer) keeps all local variables
--   of its call, and the frames of the callers, after the call has returned.
-- do: Keep what is needed of it (file name, line, function: traceback.extract_stack), delete the name that holds the frame,
--   or call frame.clear() when the call is over.
WITH
held AS (SELECT o.id, o.dominator_id, o.retained_size AS bytes
         FROM frame f CROSS JOIN object o ON o.id = f.object_id
         WHERE f.kind = 'detached' AND o.reachable AND NOT EXISTS (SELECT 1 FROM frame outer_ WHERE outer_.object_id = o.dominator_id)
           AND NOT EXISTS (SELECT 1 FROM traceback b WHERE b.object_id = o.dominator_id)),
alike AS (SELECT dominator_id, count(*) AS frames, sum(bytes) AS bytes, min(id) AS one FROM held
          GROUP BY dominator_id HAVING sum(bytes) >= 65536)
SELECT CASE WHEN frames = 1 OR dominator_id IS NULL THEN one ELSE dominator_id END, bytes,
       CASE frames WHEN 1 THEN printf('a frame whose call has returned keeps %s', size(bytes))
       ELSE printf('%,d frames whose calls have returned keep %s', frames, size(bytes)) END,
       printf('%s %s.', CASE frames WHEN 1 THEN 'It is' ELSE 'One of them is' END, what(one))
FROM alike ORDER BY bytes DESC, one
