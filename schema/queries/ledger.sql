-- Where is every mapped byte?
SELECT category, bytes AS "bytes:size", round(100.0 * bytes / (SELECT sum(bytes) FROM ledger), 1) AS percent,
       count AS "count:count", resident AS "resident:size"
FROM ledger ORDER BY bytes DESC, category
