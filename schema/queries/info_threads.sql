-- Which threads had the process?
SELECT id, name, native_id, ident AS "ident:address", holds_gil,
       (SELECT count(*) FROM frame f WHERE f.thread_id = thread.id) AS frames
FROM thread ORDER BY id
