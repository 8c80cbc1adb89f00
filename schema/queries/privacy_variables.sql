-- Which variables have which contents? Whether a variable's name is one of a secret is asked of each row.
-- scans: variable
SELECT v.name, c.text FROM variable v CROSS JOIN content c ON c.object_id = v.object_id
WHERE v.name IS NOT NULL AND v.kind IN ('argument', 'local', 'cell', 'free')
