-- How much freed memory does malloc keep in small pieces, in its bins and caches?
-- scans: chunk
WITH private AS (SELECT sum(bytes) AS bytes FROM ledger
                 WHERE category NOT IN ('file mappings', 'reserved, not accessible', 'vdso')),
hole AS (SELECT coalesce(max(size), 0) AS bytes FROM chunk WHERE heap_id = 1 AND state = 'free'),
free AS (SELECT coalesce(sum(size) FILTER (WHERE state = 'free'), 0) AS bins,
                coalesce(sum(size) FILTER (WHERE state = 'tcache'), 0) AS tcache,
                coalesce(sum(size) FILTER (WHERE state = 'fastbin'), 0) AS fastbin,
                count(*) FILTER (WHERE state IN ('free', 'tcache', 'fastbin')) AS chunks
         FROM chunk),
rest AS (SELECT bins + tcache + fastbin - CASE WHEN hole.bytes >= 1000000 THEN hole.bytes ELSE 0 END AS bytes FROM free, hole)
SELECT rest.bytes,
       printf('malloc keeps %s of freed memory (%d %% of private memory) in %,d chunks between used ones: %s in bins, %s in '
              || 'threads'' caches, %s in fastbins.',
              size(rest.bytes), 100 * rest.bytes / private.bytes, free.chunks, size(free.bins), size(free.tcache),
              size(free.fastbin)),
       'It serves new requests of these sizes; malloc_trim(3) gives whole pages of it back.',
       'exuvia malloc DB'
FROM rest, free, private
WHERE rest.bytes >= 1000000 AND rest.bytes >= private.bytes / 20
