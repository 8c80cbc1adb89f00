-- Which dicts and sets have a table more than four times as large as their contents need?
-- scans: object
-- A dict fills two thirds of its places before it grows, a set three fifths; the smallest table has eight places.
WITH RECURSIVE
power(places) AS (SELECT 8 UNION ALL SELECT places * 2 FROM power WHERE places < (1 << 40)),
sparse AS (SELECT o.id, o.length, o.capacity, o.shallow_size AS bytes, t.basicsize, o.shared_keys IS NULL AND t.qualname <> 'dict' AS is_set
           FROM object o CROSS JOIN type t ON t.id = o.type_id
           WHERE o.capacity >= 40 AND o.capacity > 4 * o.length AND o.shared_keys IS NOT 1
             AND o.shallow_size >= t.basicsize + 16 * o.capacity),
need AS (SELECT s.*, (SELECT min(places) FROM power WHERE CASE WHEN is_set THEN places * 3 / 5 > s.length
                      ELSE places * 2 / 3 >= s.length END) AS places FROM sparse s),
waste AS (SELECT *, CAST((bytes - basicsize) * (1.0 - CASE WHEN is_set THEN places ELSE places * 2 / 3 END * 1.0 / capacity)
                         AS INTEGER) AS wasted FROM need)
SELECT type_name(id) AS type, length AS "items:count", capacity AS "room:count", bytes AS "bytes:size", wasted AS "wasted:size",
       id AS "object id", path(id) AS "kept by"
FROM waste WHERE wasted > 0 ORDER BY wasted DESC, id
