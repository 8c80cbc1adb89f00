-- What has the private memory?
SELECT category, bytes FROM ledger
WHERE bytes > 0 AND category NOT IN ('file mappings', 'reserved, not accessible', 'vdso') ORDER BY bytes DESC, category
