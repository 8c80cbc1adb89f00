-- What do the variables of a frame hold?
SELECT name, kind, object_id FROM variable WHERE frame_id = ?1 AND object_id IS NOT NULL ORDER BY rowid
