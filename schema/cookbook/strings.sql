-- Which strings are the biggest, and how do they begin?
-- size: bytes of the object; length: characters of a str, bytes of bytes.
SELECT b.id, b.type, b.shallow_size AS "size:size", b.length AS "length:count",
       CASE typeof(c.text) WHEN 'blob' THEN hex(substr(c.text, 1, 20)) ELSE substr(c.text, 1, 60) END AS beginning
FROM (SELECT o.id, t.qualname AS type, o.shallow_size, o.length
      FROM type t JOIN object o ON o.type_id = t.id
      WHERE t.qualname IN ('str', 'bytes', 'bytearray', 'unicode') AND NOT t.heap
      ORDER BY o.shallow_size DESC, o.id LIMIT 50) b
     LEFT JOIN content c ON c.object_id = b.id
ORDER BY b.shallow_size DESC, b.id
