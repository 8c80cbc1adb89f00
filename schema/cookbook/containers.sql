-- Which dicts, lists, tuples, sets and deques are the largest, and who holds them?
-- items: len(); size: bytes with the buffer of items, without the items; retained: with what only they keep.
-- needs: path
SELECT b.id, b.type, b.length AS "items:count", b.footprint AS "size:size", b.retained_size AS "retained:size",
       path(b.id) AS "kept by"
FROM (SELECT o.id, t.qualname AS type, o.length, o.footprint, o.retained_size
      FROM type t JOIN object o ON o.type_id = t.id
      WHERE t.qualname IN ('dict', 'list', 'tuple', 'set', 'frozenset', 'deque', 'OrderedDict', 'defaultdict')
      ORDER BY o.length DESC, o.id LIMIT 50) b
ORDER BY b.length DESC, b.id
