-- Which asyncio tasks are pending, and what does each wait for?
-- standing at: the innermost coroutine of its await chain and its line; retained: bytes that go with the task.
-- needs: what
WITH RECURSIVE way(task, id, steps) AS (
  SELECT object_id, coroutine_id, 0 FROM task WHERE state IN ('pending', 'running')
  UNION ALL
  SELECT way.task, a.awaited_id, steps + 1 FROM way JOIN awaiting a ON a.object_id = way.id
  WHERE a.awaited_id IS NOT NULL AND steps < 100),
place AS (
  SELECT way.task, max(way.steps) AS steps, f.qualname, f.filename, f.line
  FROM way JOIN frame f ON f.object_id = way.id AND f.kind IN ('coroutine', 'generator') GROUP BY way.task)
SELECT t.object_id AS id, t.name AS task, t.state, p.qualname AS "standing at", p.filename AS file, p.line,
       CASE WHEN t.waiter_id IS NOT NULL THEN what(t.waiter_id) END AS "waits for", o.retained_size AS "retained:size"
FROM task t JOIN object o ON o.id = t.object_id LEFT JOIN place p ON p.task = t.object_id
WHERE t.state IN ('pending', 'running')
ORDER BY t.object_id
