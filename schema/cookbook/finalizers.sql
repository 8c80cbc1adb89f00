-- Which objects in unreachable cycles have a __del__, an open generator or a weak reference's callback to run yet?
-- never: no collection frees them (2.7's gc.garbage).
-- needs: what
SELECT f.object_id AS id, what(f.object_id) AS object, f.kind, CASE f.stuck WHEN 1 THEN 'yes' END AS never,
       CASE WHEN f.function_id IS NOT NULL THEN what(f.function_id) END AS calls, c.bytes AS "cycle:size"
FROM finalizer f JOIN cycle c ON c.id = f.cycle_id
ORDER BY c.bytes DESC, f.object_id, f.kind LIMIT 100
