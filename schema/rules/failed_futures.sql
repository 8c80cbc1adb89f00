-- title: Futures keep exceptions
-- severity: severe
-- why: A future or task that failed keeps its exception, which keeps its traceback, the frames, and all their local
--   variables, for as long as somebody keeps the future.
-- do: Take the result when a future is done, and drop the future: for instance remove it from the list of what was
--   submitted, or work through concurrent.futures.as_completed.
WITH
failed AS (SELECT object_id AS id FROM exception UNION SELECT object_id FROM traceback),
near AS (SELECT DISTINCT r.referrer_id AS id FROM failed CROSS JOIN reference_row r ON r.referent_id = failed.id
         WHERE r.kind IN (3, 4, 6)),
futures AS (SELECT id FROM type WHERE qualname LIKE '%Future' OR qualname LIKE '%Task'),
future_ AS (SELECT n.id FROM near n CROSS JOIN object o ON o.id = n.id WHERE o.type_id IN (SELECT id FROM futures)
            UNION
            SELECT o.id FROM near n CROSS JOIN reference_row r ON r.referent_id = n.id AND r.kind = 6
                 CROSS JOIN object o ON o.id = r.referrer_id WHERE o.type_id IN (SELECT id FROM futures)),
alike AS (SELECT o.dominator_id, count(*) AS futures, sum(o.retained_size) AS bytes, min(o.id) AS one
          FROM future_ CROSS JOIN object o ON o.id = future_.id WHERE o.reachable
          GROUP BY o.dominator_id HAVING sum(o.retained_size) >= 65536)
SELECT CASE WHEN futures = 1 OR dominator_id IS NULL THEN one ELSE dominator_id END, bytes,
       CASE futures WHEN 1 THEN printf('a future keeps an exception with %s', size(bytes))
       ELSE printf('%,d futures keep exceptions with %s', futures, size(bytes)) END,
       CASE WHEN futures > 1 THEN printf('One of them is #%d, a %s.', one, type_name(one)) END
FROM alike ORDER BY bytes DESC, one
