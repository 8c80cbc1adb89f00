-- title: A queue that fills faster than it is emptied
-- severity: warning
-- why: A queue without a maxsize takes whatever is put into it; when nobody takes as much out, it grows for ever.
-- do: Give the queue a maxsize, so that producers wait; look at whether the consumers still run (`exuvia threads`).
WITH
queue_type AS (SELECT id FROM type WHERE qualname IN ('Queue', 'LifoQueue', 'PriorityQueue', 'SimpleQueue', 'JoinableQueue',
               'queue.SimpleQueue', '_queue.SimpleQueue')),
-- 2.7: of an old class.
old_class AS (SELECT o.id FROM type t CROSS JOIN object o ON o.type_id = t.id
              CROSS JOIN content c ON c.object_id = attribute(o.id, '__name__')
              WHERE t.qualname = 'classobj' AND NOT t.heap AND c.text IN ('Queue', 'LifoQueue', 'PriorityQueue')),
old AS (SELECT DISTINCT i.id FROM old_class CROSS JOIN reference_row r ON r.referent_id = old_class.id AND r.kind = 6
        CROSS JOIN object i ON i.id = r.referrer_id CROSS JOIN type t ON t.id = i.type_id AND t.qualname = 'instance' AND NOT t.heap),
queue_ AS (SELECT o.id, o.retained_size AS bytes,
                  coalesce(attribute(o.id, 'queue'), attribute(o.id, '_queue'), attribute(o.id, 'list'),
                           attribute(o.id, '_buffer')) AS items_id
           FROM (SELECT id FROM object WHERE type_id IN (SELECT id FROM queue_type) UNION SELECT id FROM old) q
                CROSS JOIN object o ON o.id = q.id),
-- A SimpleQueue has its items itself from 3.13 on.
backlog AS (SELECT q.id, q.bytes, coalesce(q.items_id, q.id) AS holder_id,
                   coalesce(i.length, (SELECT count(*) FROM reference_row r WHERE r.referrer_id = q.id AND r.kind = 1)) AS items
            FROM queue_ q LEFT JOIN object i ON i.id = q.items_id)
SELECT q.id, q.bytes, printf('%,d items wait in a queue and retain %s', q.items, size(q.bytes)),
       (SELECT printf('The queue is a %s; %,d of them are of type %s.', type_name(q.id), count(*), type_name(min(o.id)))
        FROM reference_row r JOIN object o ON o.id = r.referent_id WHERE r.referrer_id = q.holder_id AND r.kind = 1
        GROUP BY o.type_id ORDER BY count(*) DESC LIMIT 1)
FROM backlog q
WHERE q.items >= 1000
ORDER BY q.bytes DESC, q.id
