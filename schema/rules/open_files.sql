-- title: Many files were not closed
-- severity: warning
-- why: A file object holds a file descriptor until it is closed or freed; a process has a limit (often 1,024).
-- do: Open files in `with` blocks; find out who keeps them by `exuvia chain DB --to type:BufferedReader`.
WITH
file_type AS (SELECT id FROM type WHERE NOT heap AND module IN ('_io', 'io') AND qualname IN ('BufferedReader', 'BufferedWriter',
              'BufferedRandom', '_io.BufferedReader', '_io.BufferedWriter', '_io.BufferedRandom')
              UNION SELECT id FROM type WHERE module IN ('_io', 'io') AND qualname IN ('BufferedReader', 'BufferedWriter',
              'BufferedRandom')
              UNION SELECT id FROM type WHERE NOT heap AND qualname = 'file'),
-- Closed, a buffered file gives its buffer back.
open_ AS (SELECT o.id, o.dominator_id, o.retained_size AS bytes FROM object o JOIN type t ON t.id = o.type_id
          WHERE o.type_id IN (SELECT id FROM file_type) AND (t.qualname = 'file' OR o.footprint >= t.basicsize + 1024)),
total AS (SELECT count(*) AS files, sum(bytes) AS bytes FROM open_),
-- A file opened as text holds the buffered one: go up to who holds both.
owner AS (SELECT CASE WHEN type_name(f.dominator_id) LIKE '%TextIOWrapper' THEN d.dominator_id ELSE f.dominator_id END AS id
          FROM open_ f LEFT JOIN object d ON d.id = f.dominator_id),
most AS (SELECT id, count(*) AS files FROM owner WHERE id IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1)
SELECT coalesce((SELECT id FROM most WHERE most.files >= total.files / 2), (SELECT min(id) FROM open_)), bytes,
       printf('%,d file objects are open', files),
       (SELECT printf('%,d of them are kept by a %s.', most.files, type_name(id)) FROM most),
       CASE WHEN files >= 800 THEN 'severe' WHEN files >= 100 THEN 'warning' ELSE 'note' END
FROM total WHERE files >= 20
