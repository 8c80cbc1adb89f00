-- Whose are the used chunks?
SELECT owner, library, blocks AS "chunks:count", bytes AS "bytes:size",
       round(100.0 * bytes / (SELECT sum(bytes) FROM block_owner WHERE allocator = 'malloc'), 2) AS percent
FROM block_owner WHERE allocator = 'malloc' ORDER BY bytes DESC, owner, library
