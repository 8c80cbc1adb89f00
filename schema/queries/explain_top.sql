-- Is there much free memory in malloc's main heap that only a few used chunks above it keep from going back?
-- scans: chunk
WITH private AS (SELECT sum(bytes) AS bytes FROM ledger
                 WHERE category NOT IN ('file mappings', 'reserved, not accessible', 'vdso')),
hole AS (SELECT id, size FROM chunk WHERE heap_id = 1 AND state = 'free' ORDER BY size DESC, id DESC LIMIT 1),
above AS (SELECT coalesce(sum(chunk.size), 0) AS bytes, count(*) AS chunks, max(chunk.id) AS highest FROM chunk, hole
          WHERE heap_id = 1 AND state = 'used' AND chunk.id > hole.id)
SELECT hole.size,
       printf('malloc''s main heap has a hole of %s (%d %% of private memory) below %,d used chunks of %s: the heap shrinks from '
              || 'its top alone, and they are in the way. The highest is %s%s.',
              size(hole.size), 100 * hole.size / private.bytes, above.chunks, size(above.bytes),
              CASE WHEN c.object_id IS NULL THEN printf('%s memory (%s)', c.owner, size(c.size)) ELSE what(c.object_id) END,
              coalesce(printf(', kept by %s', path(c.object_id)), '')),
       'The hole goes back when the chunks above it are freed, or its pages by malloc_trim(3); until then it serves new '
       || 'requests of malloc.',
       'exuvia malloc DB'
FROM hole, above, private JOIN chunk c ON c.id = above.highest
WHERE hole.size >= 1000000 AND hole.size >= private.bytes / 20
