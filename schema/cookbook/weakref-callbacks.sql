-- Which weak references have callbacks, by what they refer to and whom they call?
-- A weak reference without a referent (refers to: empty) calls no more.
-- needs: what
SELECT coalesce(nullif(t.module, 'builtins') || '.', '') || t.qualname AS "refers to", what(min(c.referent_id)) AS calls,
       count(*) AS "references:count", min(w.id) AS "example id"
FROM type r JOIN object w ON w.type_id = r.id
     JOIN reference c ON c.referrer_id = w.id AND c.name = '__callback__'
     LEFT JOIN reference_row k ON k.referrer_id = w.id AND k.kind = 12
     LEFT JOIN object o ON o.id = k.referent_id LEFT JOIN type t ON t.id = o.type_id
WHERE r.qualname IN ('ReferenceType', 'KeyedRef', 'weakref', 'WeakMethod', 'weakproxy', 'ProxyType', 'CallableProxyType')
GROUP BY o.type_id, coalesce((SELECT f.referent_id FROM reference f WHERE f.referrer_id = c.referent_id AND f.name = '__code__'),
                             c.referent_id)
ORDER BY count(*) DESC, 1, 2
