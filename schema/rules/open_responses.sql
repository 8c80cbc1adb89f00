-- title: HTTP responses were not read to their end nor closed
-- severity: warning
-- why: A response keeps its connection, the socket and a buffer until it is read to the end or closed; the connection does
--   not go back to its pool.
-- do: Read or close it: `with urlopen(...) as response:`, `with session.get(..., stream=True) as response:`.
WITH
-- 2.7: of an old class.
old_class AS (SELECT o.id FROM type t CROSS JOIN object o ON o.type_id = t.id
              CROSS JOIN content c ON c.object_id = attribute(o.id, '__name__')
              WHERE t.qualname = 'classobj' AND NOT t.heap AND c.text IN ('HTTPResponse')),
old AS (SELECT DISTINCT i.id FROM old_class CROSS JOIN reference_row r ON r.referent_id = old_class.id AND r.kind = 6
        CROSS JOIN object i ON i.id = r.referrer_id CROSS JOIN type t ON t.id = i.type_id AND t.qualname = 'instance' AND NOT t.heap),
response AS (SELECT o.id, o.dominator_id, o.retained_size AS bytes, attribute(o.id, 'fp') AS fp
             FROM (SELECT id FROM object WHERE type_id IN (SELECT id FROM type WHERE qualname = 'HTTPResponse'
                   AND module IN ('http.client', 'httplib')) UNION SELECT id FROM old) found CROSS JOIN object o ON o.id = found.id),
open_ AS (SELECT * FROM response WHERE fp IS NOT NULL AND type_name(fp) <> 'NoneType'),
total AS (SELECT count(*) AS responses, sum(bytes) AS bytes FROM open_),
most AS (SELECT dominator_id, count(*) AS responses FROM open_ WHERE dominator_id IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1)
SELECT coalesce((SELECT dominator_id FROM most WHERE most.responses >= total.responses / 2), (SELECT min(id) FROM open_)), bytes,
       printf('%,d HTTP responses are open and retain %s', responses, size(bytes)),
       (SELECT printf('%,d of them are kept by a %s.', most.responses, type_name(dominator_id)) FROM most),
       CASE WHEN responses >= 400 THEN 'severe' WHEN responses >= 50 THEN 'warning' ELSE 'note' END
FROM total WHERE responses >= 5
