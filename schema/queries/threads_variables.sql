-- What are the variables of a frame?
SELECT name, kind, object_id FROM variable WHERE frame_id = :id ORDER BY rowid
