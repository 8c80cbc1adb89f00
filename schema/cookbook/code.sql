-- How much do code objects take, by file?
-- retained: with constants, names and tables, unless they are shared.
SELECT (SELECT c.text FROM reference r JOIN content c ON c.object_id = r.referent_id
        WHERE r.referrer_id = o.id AND r.name = 'co_filename') AS file,
       count(*) AS "functions:count", sum(o.shallow_size) AS "size:size", sum(o.retained_size) AS "retained:size"
FROM type t JOIN object o ON o.type_id = t.id
WHERE t.qualname = 'code' AND NOT t.heap
GROUP BY 1 ORDER BY sum(o.retained_size) DESC, 1
