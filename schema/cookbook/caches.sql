-- Which functools.lru_cache is how full, and what does it keep?
-- entries: results kept; retained: bytes that cache_clear() would free, and some of the wrapper itself.
-- needs: path
SELECT o.id, (SELECT c.text FROM reference f JOIN reference q ON q.referrer_id = f.referent_id AND q.name = '__qualname__'
                JOIN content c ON c.object_id = q.referent_id
              WHERE f.referrer_id = o.id AND f.name = '__wrapped__') AS function,
       (SELECT d.length FROM reference r JOIN object d ON d.id = r.referent_id
        WHERE r.referrer_id = o.id AND r.name = 'cache') AS "entries:count",
       o.retained_size AS "retained:size", path(o.id) AS "kept by"
FROM type t JOIN object o ON o.type_id = t.id
WHERE t.qualname = '_lru_cache_wrapper'
ORDER BY o.retained_size DESC, o.id
