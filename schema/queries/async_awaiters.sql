-- Which tasks go on when this one is done? Through the futures of gather, shield and wait; NULL: run_until_complete.
WITH RECURSIVE up(id, how) AS (
  SELECT woken_id, how FROM wakeup WHERE object_id = :id
  UNION
  SELECT w.woken_id, up.how FROM up JOIN wakeup AS w ON w.object_id = up.id
  WHERE NOT EXISTS(SELECT 1 FROM task WHERE object_id = up.id)
  LIMIT 1000)
SELECT up.id, up.how, t.name FROM up LEFT JOIN task AS t ON t.object_id = up.id
WHERE up.id IS NULL OR t.object_id IS NOT NULL ORDER BY up.id
