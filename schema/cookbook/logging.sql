-- Which logging handlers are there, and what does each keep?
-- records: logging.LogRecords in its buffer or queue, or kept as an attribute; retained: bytes that go with the handler.
-- needs: path
WITH RECURSIVE handler_type(id) AS (
  SELECT id FROM type WHERE qualname = 'Handler' AND module = 'logging'
  UNION
  SELECT t.id FROM handler_type base JOIN type t ON t.base_id = base.id),
record_type AS (SELECT id FROM type WHERE qualname = 'LogRecord' AND module = 'logging')
SELECT h.id, coalesce(t.module || '.', '') || t.qualname AS handler,
       (SELECT count(*) FROM reference_row r JOIN object o ON o.id = r.referent_id
        WHERE r.referrer_id = h.id AND o.type_id IN record_type)
       + (SELECT count(*) FROM reference b JOIN reference_row i ON i.referrer_id = b.referent_id JOIN object o ON o.id = i.referent_id
          WHERE b.referrer_id = h.id AND b.name = 'buffer' AND i.kind = 1 AND o.type_id IN record_type)
       + (SELECT count(*) FROM reference q JOIN reference d ON d.referrer_id = q.referent_id
            JOIN reference_row i ON i.referrer_id = d.referent_id JOIN object o ON o.id = i.referent_id
          WHERE q.referrer_id = h.id AND q.name = 'queue' AND d.name = 'queue' AND i.kind = 1
            AND o.type_id IN record_type) AS "records:count",
       h.retained_size AS "retained:size", path(h.id) AS "kept by"
FROM object h JOIN type t ON t.id = h.type_id
WHERE h.type_id IN (SELECT id FROM handler_type)
ORDER BY h.retained_size DESC, h.id
