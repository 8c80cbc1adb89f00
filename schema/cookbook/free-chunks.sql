-- Which of malloc's free chunks are the largest, and what lies right behind each?
-- A hole in the heap goes back only with malloc_trim(3), or when all behind it is freed.
-- scans: chunk
-- needs: what
SELECT c.address AS "address:address", c.size AS "size:size", c.state, c.heap_id AS heap,
       CASE WHEN n.object_id IS NOT NULL THEN what(n.object_id) ELSE coalesce(n.owner, n.state) END AS behind, n.size AS "its size:size"
FROM (SELECT id, address, size, state, heap_id FROM chunk WHERE state IN ('free', 'tcache', 'fastbin', 'top')
      ORDER BY size DESC, id LIMIT 20) c
     LEFT JOIN chunk n ON n.id = c.id + 1 AND n.heap_id = c.heap_id
ORDER BY c.size DESC, c.id
