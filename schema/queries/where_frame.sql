-- WHERE frame[:FUNCTION]: every frame, or those of one function; a frame without an object stands for its variables.
SELECT object_id, id AS frame_id, coalesce(qualname, function, '') || ' ' || coalesce(filename, '') AS label, 0 AS tier,
       NULL AS root_id
FROM frame
WHERE :name IS NULL OR function = :name OR qualname = :name
ORDER BY id
