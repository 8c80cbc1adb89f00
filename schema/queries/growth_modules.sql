-- What does each module retain?
SELECT coalesce(name, '?'), objects, bytes, NULL, bytes FROM retained_group WHERE kind = 'module'
