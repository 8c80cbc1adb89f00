-- A step of an await chain: where does it stand, and what does it wait for?
SELECT a.state, a.awaited_id, f.function, f.qualname, f.filename, f.line, t.task, t.name, t.state
FROM (SELECT :id AS id) AS step LEFT JOIN awaiting AS a ON a.object_id = step.id
LEFT JOIN frame AS f ON f.object_id = step.id AND f.kind IN ('generator', 'coroutine')
LEFT JOIN future AS t ON t.object_id = step.id LIMIT 1
