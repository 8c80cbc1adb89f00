-- Of which type and how big is each object?
-- scans: object
SELECT id, type_id, shallow_size FROM object
