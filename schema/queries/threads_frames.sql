-- The Python stack of a thread, innermost frame last.
SELECT id, depth, function, qualname, filename, line, object_id FROM frame WHERE thread_id = :id ORDER BY depth DESC, id
