-- title: Callbacks keep the objects that they belong to
-- severity: warning
-- why: A bound method holds its instance, a closure what it uses. In a list of listeners, handlers or functions to call at
--   the end they keep it alive after everybody else has dropped it.
-- do: Take the callback out when its object is done with, or register a weakref.WeakMethod.
WITH
callable AS (SELECT id FROM type WHERE NOT heap AND qualname IN ('method', 'instancemethod', 'function')
             UNION SELECT id FROM type WHERE qualname IN ('partial', 'functools.partial')),
container AS (SELECT id FROM type
              WHERE (NOT heap OR module IN ('collections', '_collections')) AND qualname IN ('list', 'dict', 'set', 'deque', 'tuple', 'defaultdict',
              'OrderedDict', 'collections.deque')),
-- Functions of a module or a class lie in its namespace, which is a dict of a module or type.
held AS (SELECT o.id, o.dominator_id, o.retained_size AS bytes FROM object o
         WHERE o.type_id IN (SELECT id FROM callable) AND o.retained_size >= 4096),
alike AS (SELECT h.dominator_id, count(*) AS callbacks, sum(h.bytes) AS bytes, min(h.id) AS one
          FROM held h JOIN object d ON d.id = h.dominator_id AND d.type_id IN (SELECT id FROM container)
          WHERE NOT EXISTS (SELECT 1 FROM reference_row n JOIN name ON name.id = -n.name_id AND name.text = '__dict__'
                            WHERE n.referent_id = h.dominator_id)
            AND NOT EXISTS (SELECT 1 FROM root m WHERE m.object_id = h.dominator_id AND m.kind IN ('module', 'interpreter'))
          GROUP BY h.dominator_id HAVING sum(h.bytes) >= 65536)
SELECT a.dominator_id, a.bytes, printf('%,d callbacks in a %s keep %s', a.callbacks, type_name(a.dominator_id), size(a.bytes)),
       printf('One of them is #%d, %s.', a.one, what(a.one))
FROM alike a ORDER BY a.bytes DESC, a.dominator_id
