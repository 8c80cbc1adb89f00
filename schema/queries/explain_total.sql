-- Where is the memory, all in all?
WITH l AS (
  SELECT coalesce(sum(bytes), 0) AS mapped,
         coalesce(sum(bytes) FILTER (WHERE category NOT IN ('file mappings', 'reserved, not accessible', 'vdso')), 0) AS private,
         coalesce(sum(bytes) FILTER (WHERE category LIKE 'objects: %'), 0) AS objects,
         coalesce(sum(bytes) FILTER (WHERE category IN ('obmalloc: free blocks', 'obmalloc: blocks never used',
           'obmalloc: empty pools', 'malloc: free in bins', 'malloc: free in tcaches', 'malloc: free in fastbins',
           'malloc: top', 'interpreter: free lists')), 0) AS free,
         coalesce(sum(bytes) FILTER (WHERE category LIKE '%: not broken down'), 0) AS other
  FROM ledger)
SELECT mapped,
       printf('Of %s mapped, %s is private memory: Python objects have %s of it (%d %%), %s is free but kept by the allocators '
              || '(%d %%), %sthe interpreter, libraries and stacks have %s.',
              size(mapped), size(private), size(objects), 100 * objects / max(private, 1), size(free),
              100 * free / max(private, 1),
              CASE other WHEN 0 THEN 'and ' ELSE printf('%s, with unknown mappings, has %s, not broken down, and ',
                (SELECT value FROM meta WHERE key = 'c_allocator'), size(other)) END,
              size(private - objects - free - other)),
       NULL, 'exuvia ledger DB'
FROM l
