-- What is in the frames of the threads? (cookbook:frames:THREAD: of the one of that name)
-- A row for each variable, the innermost frame last. retained: bytes that go when the variable's object goes.
-- needs: what
SELECT th.name AS thread, coalesce(f.qualname, f.function) AS function, f.line, v.name AS variable,
       v.object_id AS id, o.retained_size AS "retained:size", CASE WHEN v.object_id IS NOT NULL THEN what(v.object_id) END AS value
FROM thread th JOIN frame f ON f.thread_id = th.id LEFT JOIN variable v ON v.frame_id = f.id AND v.kind <> 'stack'
     LEFT JOIN object o ON o.id = v.object_id
WHERE :name IS NULL OR th.name = :name
ORDER BY th.id, f.depth DESC, f.id, v.rowid
