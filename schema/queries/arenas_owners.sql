-- Whose are the used blocks?
SELECT owner, library, blocks AS "blocks:count", bytes AS "bytes:size",
       round(100.0 * bytes / (SELECT sum(bytes) FROM block_owner WHERE allocator = 'obmalloc'), 2) AS percent
FROM block_owner WHERE allocator = 'obmalloc' ORDER BY bytes DESC, owner, library
