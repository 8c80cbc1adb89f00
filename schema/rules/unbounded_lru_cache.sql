-- title: A functools.lru_cache without a bound
-- severity: warning
-- why: With maxsize=None (functools.cache) nothing is ever dropped from it: each new combination of arguments stays, with
--   its result, for as long as the function. On a method, self is one of the arguments and stays, too.
-- do: Give it a maxsize, or call cache_clear() when a unit of work is done.
WITH cache AS (
  SELECT o.id, o.retained_size AS bytes, attribute(o.id, 'cache') AS dict_id, attribute(o.id, '__wrapped__') AS function_id
  FROM object o WHERE o.type_id IN (SELECT id FROM type WHERE qualname LIKE '%_lru_cache_wrapper'))
SELECT c.id, c.bytes, printf('the cache of a function, without a bound, has %,d results and retains %s', d.length,
                             size(c.bytes)),
       printf('The function is %s.', what(c.function_id))
FROM cache c JOIN object d ON d.id = c.dict_id
WHERE d.length >= 1000
  -- With a bound the dict's values are the links of a list.
  AND NOT EXISTS (SELECT 1 FROM reference_row r JOIN name n ON n.id = -r.name_id
                  WHERE r.referrer_id = c.id AND r.kind = 6 AND n.text = 'link')
ORDER BY c.bytes DESC, c.id
