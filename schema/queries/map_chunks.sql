-- Where are used chunks in malloc's heaps? (for `malloc --map`)
-- scans: chunk
WITH heap AS (SELECT heap_id, min(address) AS start, max(address + size) AS "end" FROM chunk
              WHERE heap_id IS NOT NULL GROUP BY heap_id)
SELECT h.heap_id, h.start, h."end", c.address, c.address + c.size
FROM heap h LEFT JOIN chunk c ON c.heap_id = h.heap_id AND c.state = 'used'
ORDER BY h.heap_id, c.id
