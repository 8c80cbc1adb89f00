-- Which generators and coroutines stand still? Those that nothing else of the kind waits for come first: chains begin there.
SELECT object_id FROM awaiting AS outer WHERE state IN ('created', 'suspended')
ORDER BY EXISTS(SELECT 1 FROM awaiting WHERE awaited_id = outer.object_id), object_id
