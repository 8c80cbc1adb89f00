-- Which modules are loaded, and how much memory would each give back?
-- names: in its namespace; retained: bytes that would go with the namespace, classes and functions included unless something
-- else refers to them, too.
SELECT m.name AS module, o.id, d.length AS "names:count", max(d.retained_size, o.retained_size) AS "retained:size",
       d.retained_count AS "objects:count"
FROM (SELECT object_id, min(name) AS name FROM root WHERE kind = 'module' GROUP BY object_id) m
     JOIN object o ON o.id = m.object_id
     JOIN reference r ON r.referrer_id = m.object_id AND r.name IN ('__dict__', 'md_dict')
     JOIN object d ON d.id = r.referent_id
ORDER BY 4 DESC, m.name
