-- title: Log records keep exceptions
-- severity: severe
-- why: A record that was made with exc_info holds the traceback, the traceback its frames, and these all their local
--   variables. A handler that keeps records (a queue, a ring buffer, the last one for a status page, a test's capture) keeps
--   all that with them.
-- do: Keep the formatted text: call record.getMessage() and formatter.formatException(record.exc_info), then set
--   record.exc_info to None, as logging.handlers.QueueHandler.prepare does.
WITH
record_type AS (SELECT id FROM type WHERE qualname LIKE '%LogRecord'),
triple AS (SELECT DISTINCT r.referrer_id AS id FROM traceback b CROSS JOIN reference_row r ON r.referent_id = b.object_id AND r.kind = 1
           CROSS JOIN object o ON o.id = r.referrer_id CROSS JOIN type t ON t.id = o.type_id AND t.qualname = 'tuple'),
holder AS (SELECT DISTINCT r.referrer_id AS id FROM triple CROSS JOIN reference_row r ON r.referent_id = triple.id),
record AS (SELECT h.id FROM holder h CROSS JOIN object o ON o.id = h.id WHERE o.type_id IN (SELECT id FROM record_type)
           UNION
           SELECT o.id FROM holder h CROSS JOIN reference_row r ON r.referent_id = h.id CROSS JOIN object o ON o.id = r.referrer_id
           WHERE o.type_id IN (SELECT id FROM record_type)),
alike AS (SELECT o.dominator_id, count(*) AS records, sum(o.retained_size) AS bytes, min(o.id) AS one
          FROM record CROSS JOIN object o ON o.id = record.id WHERE o.reachable GROUP BY o.dominator_id)
SELECT CASE WHEN records = 1 OR dominator_id IS NULL THEN one ELSE dominator_id END, bytes,
       CASE records WHEN 1 THEN printf('a log record keeps an exception with %s', size(bytes))
       ELSE printf('%,d log records keep exceptions with %s', records, size(bytes)) END,
       CASE WHEN records > 1 THEN printf('One of them is #%d, reached by %s.', one, path(one)) END
FROM alike ORDER BY bytes DESC, one
