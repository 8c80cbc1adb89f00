-- What does this object say?
SELECT text, length, truncated FROM content WHERE object_id = :id
