-- How much private memory does the process have?
SELECT sum(bytes) FROM ledger WHERE category NOT IN ('file mappings', 'reserved, not accessible', 'vdso')
