-- Where is the memory, all in all?
-- Every mapped byte is in one row; `exuvia ledger` and `exuvia explain` say more.
SELECT category, bytes AS "bytes:size", round(100.0 * bytes / (SELECT sum(bytes) FROM ledger), 1) AS percent,
       count AS "count:count"
FROM ledger ORDER BY bytes DESC, category
