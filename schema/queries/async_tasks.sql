-- Which tasks has asyncio?
SELECT object_id, name, state, coroutine_id, waiter_id FROM task ORDER BY object_id
