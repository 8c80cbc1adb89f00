-- Which interned strings take the most memory?
-- They go when nothing else refers to them. in all: of all interned strings together.
SELECT o.id, o.shallow_size AS "size:size", o.length AS "length:count", substr(c.text, 1, 60) AS beginning,
       count(*) OVER () AS "strings in all:count", sum(o.shallow_size) OVER () AS "size in all:size"
FROM root i JOIN reference_row k ON k.referrer_id = i.object_id AND k.kind = 2
     JOIN object o ON o.id = k.referent_id LEFT JOIN content c ON c.object_id = o.id
WHERE i.kind = 'interned'
ORDER BY o.shallow_size DESC, o.id LIMIT 50
