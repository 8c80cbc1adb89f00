-- title: A dict keeps what belonged to threads that have ended
-- severity: warning
-- why: A dict with threads' idents as keys (threading.get_ident) is not cleaned when a thread ends, as threading.local is.
-- do: Use threading.local or contextvars, or remove the entry where the thread ends.
WITH
dict_type AS (SELECT id FROM type WHERE NOT heap AND qualname = 'dict'),
int_type AS (SELECT id FROM type WHERE NOT heap AND qualname IN ('int', 'long')),
large AS (SELECT o.id, o.length, o.retained_size AS bytes FROM object o
          WHERE o.retained_size >= 65536 AND o.type_id IN (SELECT id FROM dict_type) AND o.length BETWEEN 3 AND 100000),
-- The first key tells most dicts off.
by_int AS (SELECT l.* FROM large l JOIN object k ON k.id = (SELECT r.referent_id FROM reference_row r
           WHERE r.referrer_id = l.id AND r.kind = 2 LIMIT 1) WHERE k.type_id IN (SELECT id FROM int_type)),
key AS (SELECT b.id, CAST(c.text AS INTEGER) AS ident FROM by_int b JOIN reference_row r ON r.referrer_id = b.id AND r.kind = 2
        JOIN content c ON c.object_id = r.referent_id),
-- glibc puts a thread's descriptor, whose address is the ident, at the same place in the page of each stack.
thread_key AS (SELECT id, ident FROM key WHERE ident BETWEEN 0x10000000000 AND 0x7fffffffffff AND ident % 64 IN (0, 32)),
place AS (SELECT id, ident % 4096 AS place, count(*) AS keys, sum(ident NOT IN (SELECT ident FROM thread WHERE ident IS NOT NULL))
                 AS dead FROM thread_key GROUP BY id, ident % 4096)
SELECT b.id, b.bytes, printf('a dict keeps %s for threads, of which %,d have ended', size(b.bytes), p.dead),
       printf('%,d of its %,d keys are threads'' idents.', p.keys, b.length)
FROM by_int b JOIN place p ON p.id = b.id AND p.keys >= b.length / 2 AND p.dead >= 3
ORDER BY b.bytes DESC, b.id
