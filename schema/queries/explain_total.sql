-- Where is the memory, all in all?
WITH l AS (
  SELECT coalesce(sum(bytes), 0) AS mapped,
         coalesce(sum(bytes) FILTER (WHERE category NOT IN ('file mappings', 'reserved, not accessible', 'vdso')), 0) AS private,
         coalesce(sum(bytes) FILTER (WHERE category LIKE 'objects: %'), 0) AS objects,
         coalesce(sum(bytes) FILTER (WHERE category IN ('obmalloc: free blocks', 'obmalloc: blocks never used',
           'obmalloc: empty pools', 'malloc: free in bins', 'malloc: free in tcaches', 'malloc: free in fastbins',
           'malloc: top', 'interpreter: free lists')), 0) AS free,
         coalesce(sum(bytes) FILTER (WHERE category LIKE '%: not broken down'), 0) AS other
  FROM ledger),
limit_ AS (SELECT most, coalesce(used, resident) AS used, resident
           FROM (SELECT max(CASE key WHEN 'cgroup_memory_max' THEN value END) AS most,
                        max(CASE key WHEN 'cgroup_memory_current' THEN value END) AS used,
                        max(CASE key WHEN 'resident_bytes' THEN value END) AS resident FROM meta)
           WHERE typeof(most) = 'integer' AND most > 0)
SELECT mapped,
       printf('Of %s mapped, %s is private memory: Python objects have %s of it (%d %%), %s is free but kept by the allocators '
              || '(%d %%), %sthe interpreter, libraries and stacks have %s.',
              size(mapped), size(private), size(objects), 100 * objects / max(private, 1), size(free),
              100 * free / max(private, 1),
              CASE other WHEN 0 THEN 'and ' ELSE printf('%s, with unknown mappings, has %s, not broken down, and ',
                (SELECT value FROM meta WHERE key = 'c_allocator'), size(other)) END,
              size(private - objects - free - other))
         || coalesce((SELECT printf(' Its control group allows %s, of which %s are in use (%d %%%s): when that is all, the kernel takes memory '
                                    || 'back and then ends a process.', size(most), size(used), 100.0 * used / most,
                                    coalesce(printf('; resident %s', size(resident)), ''))
                      FROM limit_ WHERE used >= most * 0.8), ''),
       NULL, 'exuvia ledger DB'
FROM l
