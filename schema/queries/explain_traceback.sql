-- How much memory do tracebacks alone keep, and who keeps them?
WITH RECURSIVE
private AS (SELECT sum(bytes) AS bytes FROM ledger
            WHERE category NOT IN ('file mappings', 'reserved, not accessible', 'vdso')),
held AS (SELECT sum(retained) AS bytes FROM type WHERE qualname = 'traceback' AND NOT heap),
biggest AS (SELECT b.object_id AS id, o.retained_size AS bytes FROM traceback b JOIN object o ON o.id = b.object_id
            ORDER BY o.retained_size DESC, o.id LIMIT 1),
pieces AS (SELECT * FROM (SELECT * FROM chunk_list ORDER BY bytes DESC LIMIT 20)),
up(list, node, depth) AS (
  SELECT object_id, object_id, 0 FROM pieces
  UNION ALL
  SELECT up.list, o.dominator_id, depth + 1 FROM up JOIN object o ON o.id = up.node
  WHERE o.dominator_id IS NOT NULL AND depth < 200),
most AS (SELECT p.* FROM pieces p JOIN up ON up.list = p.object_id JOIN biggest ON up.node = biggest.id
         ORDER BY p.bytes DESC, p.object_id LIMIT 1)
SELECT held.bytes,
       printf('Tracebacks alone keep %s (%d %% of private memory): a traceback keeps its frames, the frames their locals. '
              || 'The largest, %s, retains %s%s. It is kept by %s.',
              size(held.bytes), 100 * held.bytes / private.bytes, what(biggest.id), size(biggest.bytes),
              coalesce((SELECT printf(', the most of it in %s: %,d pieces with %s', what(most.object_id), most.pieces,
                                      size(most.bytes)) FROM most), ''), path(biggest.id)),
       'When what keeps the traceback drops it (the last step of that path), the pieces are freed at once.',
       'exuvia chain DB --from traceback --to chunks'
FROM held, biggest, private
WHERE held.bytes >= 1000000 AND held.bytes >= private.bytes / 20
