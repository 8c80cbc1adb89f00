-- Is the collector on, and what does it keep?
SELECT interpreter_id AS interpreter,
       CASE enabled WHEN 0 THEN 'no (gc.disable)' WHEN 1 THEN 'yes' END AS enabled,
       CASE collecting WHEN 1 THEN 'yes' ELSE 'no' END AS collecting,
       long_lived_total AS "long-lived:count", long_lived_pending AS "pending:count",
       (SELECT length FROM object WHERE id = garbage_id) AS "gc.garbage:count",
       (SELECT length FROM object WHERE id = callbacks_id) AS "gc.callbacks:count"
FROM collector ORDER BY interpreter_id
