-- WHERE thread[:NAME]: the frames of every thread, or of those of one name or id, then what else such a thread holds.
SELECT f.object_id, f.id AS frame_id, coalesce(f.qualname, f.function, '') || ' ' || coalesce(f.filename, '') AS label,
       0 AS tier, NULL AS root_id
FROM thread t JOIN frame f ON f.thread_id = t.id
WHERE :name IS NULL OR t.name = :name OR t.native_id = :number OR t.ident = :number
UNION ALL
SELECT r.object_id, NULL, r.kind || ' ' || coalesce(r.name, ''), CASE r.kind WHEN 'native_stack' THEN 2 ELSE 1 END, r.id
FROM thread t JOIN root r ON r.thread_id = t.id
WHERE (:name IS NULL OR t.name = :name OR t.native_id = :number OR t.ident = :number) AND r.frame_id IS NULL
ORDER BY tier, 2, 5, 1
