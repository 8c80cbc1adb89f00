-- Which StringIO, BytesIO, lists and deques hold text or bytes in pieces, and who holds them?
-- A body that is read piece by piece and never joined. bytes: of the pieces; each: the commonest length of one.
-- needs: path
SELECT l.object_id AS id, l.kind, l.pieces AS "pieces:count", l.bytes AS "bytes:size", l.piece_size AS "each:count",
       path(l.object_id) AS "kept by"
FROM (SELECT * FROM chunk_list ORDER BY bytes DESC, object_id LIMIT 50) l
ORDER BY l.bytes DESC, l.object_id
