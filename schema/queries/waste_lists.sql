-- Which lists have room for more items than they hold, by what list.append leaves free?
-- Growing leaves an eighth and a few (Objects/listobject.c, list_resize); a list that shrank, or was filled once, leaves more.
SELECT o.length AS "items:count", o.capacity AS "room:count", o.shallow_size AS "bytes:size",
       (o.capacity - o.length) * 8 AS "wasted:size", o.id AS "object id", path(o.id) AS "kept by"
FROM object o
WHERE o.capacity - o.length >= 16 AND o.type_id IN (SELECT id FROM type WHERE qualname = 'list' AND NOT heap)
ORDER BY (o.capacity - o.length) DESC, o.id
