-- title: Many sockets were not closed
-- severity: warning
-- why: A socket holds a file descriptor until it is closed or freed; a process has a limit (often 1,024), and peers wait.
-- do: Close them: `with` blocks, contextlib.closing; find out who keeps them by `exuvia chain DB --to type:socket`.
WITH RECURSIVE
-- 2.7's socket.socket holds a _socket.socket until it is closed; other versions' is derived from it.
socket_type(id) AS (
  SELECT id FROM type WHERE module = 'socket' AND qualname = 'socket' OR module = '_socket' AND qualname = 'socket'
  UNION SELECT t.id FROM type t JOIN socket_type ON t.base_id = socket_type.id),
open_ AS (SELECT o.id, o.retained_size AS bytes,
                 CASE WHEN type_name(o.dominator_id) = 'socket._socketobject' THEN (SELECT dominator_id FROM object d
                      WHERE d.id = o.dominator_id) ELSE o.dominator_id END AS dominator_id
          FROM object o WHERE o.type_id IN (SELECT id FROM socket_type)
            AND coalesce((SELECT text FROM content WHERE object_id = attribute(o.id, '_closed')), 'False') = 'False'),
total AS (SELECT count(*) AS sockets, sum(bytes) AS bytes FROM open_),
-- Who has most of them.
most AS (SELECT dominator_id, count(*) AS sockets FROM open_ WHERE dominator_id IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1)
SELECT coalesce((SELECT dominator_id FROM most WHERE most.sockets >= total.sockets / 2), (SELECT min(id) FROM open_)), bytes,
       printf('%,d sockets are open', sockets),
       (SELECT printf('%,d of them are kept by a %s.', most.sockets, type_name(dominator_id)) FROM most),
       CASE WHEN sockets >= 800 THEN 'severe' WHEN sockets >= 100 THEN 'warning' ELSE 'note' END
FROM total WHERE sockets >= 20
