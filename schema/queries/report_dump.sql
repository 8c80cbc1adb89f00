-- Which dump is it, and how much memory has its process?
SELECT (SELECT value FROM meta WHERE key = 'pid') AS pid, (SELECT value FROM meta WHERE key = 'python_version') AS python,
       datetime((SELECT value FROM meta WHERE key = 'input_mtime_ns') / 1000000000, 'unixepoch') || ' UTC' AS time,
       CAST((SELECT value FROM meta WHERE key = 'objects') AS INTEGER) AS "objects:count",
       (SELECT sum(bytes) FROM ledger WHERE category NOT IN ('file mappings', 'reserved, not accessible', 'vdso')) AS "private memory:size"
