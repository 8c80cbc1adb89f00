-- Which frames are there, and of which function is each?
SELECT id, object_id, coalesce(qualname, function, '?') || ' ' || coalesce(filename, '?') FROM frame ORDER BY id
