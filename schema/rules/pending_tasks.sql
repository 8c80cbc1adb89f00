-- title: Tasks wait for what nobody can complete
-- severity: warning
-- why: The future that such a task waits for is held by the task alone: no timer, no transport and no other task can ever set
--   its result. The task, its coroutine and their local variables stay for ever.
-- do: Look where they wait (`exuvia threads DB --async`); put a timeout around it (asyncio.wait_for), and make sure that what
--   is to wake them keeps the future.
WITH
stuck AS (SELECT f.object_id AS id, o.retained_size AS bytes, o.dominator_id, c.function, c.filename, c.line
          FROM future f JOIN future w ON w.object_id = f.waiter_id AND w.state = 'pending' AND NOT w.task
               JOIN object o ON o.id = f.object_id
               LEFT JOIN frame c ON c.object_id = f.coroutine_id AND c.kind = 'coroutine'
          WHERE f.task AND f.state = 'pending' AND o.reachable AND dominates(f.object_id, f.waiter_id)),
alike AS (SELECT count(*) AS tasks, sum(bytes) AS bytes, min(id) AS one, function, filename, line, dominator_id,
                 count(DISTINCT dominator_id) AS holders FROM stuck GROUP BY function, filename, line)
SELECT CASE WHEN tasks = 1 OR holders <> 1 THEN one ELSE dominator_id END, bytes,
       CASE tasks WHEN 1 THEN 'a task waits' ELSE printf('%,d tasks wait', tasks) END ||
       printf(' in %s() for what nobody can complete, with %s', coalesce(function, '?'), size(bytes)),
       printf('One is #%d; its coroutine stands at %s:%s.', one, coalesce(filename, '?'), coalesce(line, '?')),
       -- A program's main task often waits like that on purpose.
       CASE WHEN tasks >= 1000 THEN 'severe' WHEN tasks >= 20 THEN 'warning' END
FROM alike ORDER BY tasks DESC, bytes DESC, one
