-- Where is the memory, all in all?
WITH l AS (
  SELECT coalesce(sum(bytes), 0) AS mapped,
         coalesce(sum(bytes) FILTER (WHERE category NOT IN ('file mappings', 'reserved, not accessible', 'vdso')), 0) AS private,
         coalesce(sum(bytes) FILTER (WHERE category LIKE 'objects: %'), 0) AS objects,
         coalesce(sum(bytes) FILTER (WHERE category IN ('obmalloc: free blocks', 'obmalloc: blocks never used',
           'obmalloc: empty pools', 'malloc: free in bins', 'malloc: free in tcaches', 'malloc: free in fastbins',
           'malloc: top', 'interpreter: free lists')), 0) AS free
  FROM ledger)
SELECT mapped,
       printf('Of %s mapped, %s is private memory: Python objects have %s of it (%d %%), %s is free but kept by the allocators '
              || '(%d %%), and the interpreter, libraries and stacks have %s.',
              size(mapped), size(private), size(objects), 100 * objects / max(private, 1), size(free),
              100 * free / max(private, 1), size(private - objects - free)),
       NULL, 'exuvia ledger DB'
FROM l
