-- Assertions for `exuvia assert DB FILE.sql`: each query finds what should not be there. Copy this file and set the figures to
-- what your program may take.

-- No traceback retains more than 1 MB.
SELECT b.object_id AS id, coalesce(f.qualname, f.function) AS function, b.line, o.retained_size AS "retained:size",
       path(b.object_id) AS "kept by"
FROM traceback b JOIN object o ON o.id = b.object_id LEFT JOIN frame f ON f.id = b.frame_id
WHERE o.retained_size > 1000000
ORDER BY o.retained_size DESC, b.object_id;

-- Unreachable cycles that no collection has reached hold less than 10 MB.
SELECT count(*) AS "cycles:count", sum(objects) AS "objects:count", sum(bytes) AS "bytes:size"
FROM cycle HAVING sum(bytes) > 10000000;

-- gc.garbage is empty.
SELECT c.interpreter_id AS interpreter, o.length AS "objects:count"
FROM collector c JOIN object o ON o.id = c.garbage_id
WHERE o.length > 0;

-- Less than a third of the private memory is free but kept.
WITH private AS (SELECT sum(bytes) AS bytes FROM ledger
                 WHERE category NOT IN ('file mappings', 'reserved, not accessible', 'vdso', 'thread stacks and local data')),
free AS (SELECT sum(bytes) AS bytes FROM ledger
         WHERE category LIKE 'obmalloc: %' OR category LIKE 'malloc: %' OR category = 'interpreter: free lists')
SELECT free.bytes AS "free:size", private.bytes AS "private:size" FROM free, private
WHERE free.bytes > private.bytes / 3 AND free.bytes > 10000000;

-- No class exists more than 100 times under the same name.
SELECT module, qualname, count(*) AS "classes:count" FROM type WHERE heap GROUP BY module, qualname HAVING count(*) > 100;

-- Nothing of the dump was damaged or unreadable.
SELECT kind, count(*) AS "count:count", min(message) AS example FROM anomaly GROUP BY kind;
