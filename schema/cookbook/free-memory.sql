-- How much memory is free but kept, and by whom?
-- Freed by Python or by C, but not given back to the operating system; most of it serves new requests.
SELECT category, bytes AS "bytes:size", count AS "pieces:count",
       round(100.0 * bytes / (SELECT sum(bytes) FROM ledger
                              WHERE category NOT IN ('file mappings', 'reserved, not accessible', 'vdso')), 1) AS "percent of private"
FROM ledger
WHERE category IN ('obmalloc: free blocks', 'obmalloc: blocks never used', 'obmalloc: empty pools', 'malloc: free in bins',
                   'malloc: free in tcaches', 'malloc: free in fastbins', 'malloc: top', 'interpreter: free lists')
ORDER BY bytes DESC, category
