-- Of which type and how big is each object?
SELECT id, type_id, shallow_size FROM object
