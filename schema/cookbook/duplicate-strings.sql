-- Which texts exist more than once, and how much do the copies cost?
-- strs and bytes of 50 characters or more that begin alike and are as long; wasted: all but one of them.
-- scans: content
SELECT d.copies AS "copies:count", d.length AS "length:count", (d.copies - 1) * o.shallow_size AS "wasted:size",
       d.example AS "example id", CASE typeof(c.text) WHEN 'blob' THEN hex(substr(c.text, 1, 20)) ELSE substr(c.text, 1, 60) END AS beginning
FROM (SELECT min(object_id) AS example, count(*) AS copies, length FROM content WHERE length >= 50
      GROUP BY length, text HAVING count(*) > 1) d
     JOIN object o ON o.id = d.example JOIN content c ON c.object_id = d.example
ORDER BY (d.copies - 1) * o.shallow_size DESC, d.example LIMIT 50
