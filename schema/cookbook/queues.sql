-- Which queues have something waiting in them?
-- queue.Queue and its kind, asyncio.Queue, and multiprocessing's buffers. waiting: items; retained: bytes that go with it.
-- needs: path
SELECT q.id, coalesce(t.module || '.', '') || t.qualname AS queue, d.length AS "waiting:count", q.retained_size AS "retained:size",
       path(q.id) AS "kept by"
FROM type t CROSS JOIN object q ON q.type_id = t.id
     JOIN reference r ON r.referrer_id = q.id AND r.name IN ('queue', '_queue', '_buffer')
     JOIN object d ON d.id = r.referent_id
WHERE t.qualname GLOB '*Queue' AND d.length > 0
ORDER BY d.length DESC, q.id LIMIT 50
