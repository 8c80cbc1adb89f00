-- What is held by native code alone: in C variables, registers and memory of libraries?
-- No object and no frame refers to it. Where C memory is not understood, a leftover word may look like a reference.
-- retained: bytes that would go with it.
-- needs: what
SELECT o.id, what(o.id) AS object, o.refcount AS "refcount:count", o.retained_size AS "retained:size",
       n.kind AS "held by", n.name AS place
FROM (SELECT object_id, min(kind) AS kind, min(name) AS name, count(*) AS roots FROM root
      WHERE kind IN ('native', 'native_stack') GROUP BY object_id) n
     JOIN object o ON o.id = n.object_id
WHERE o.storage IN ('pool', 'malloc', 'mmap')
  AND NOT EXISTS (SELECT 1 FROM reference_row r WHERE r.referent_id = o.id AND r.kind <> 12)
  AND NOT EXISTS (SELECT 1 FROM root r WHERE r.object_id = o.id AND r.kind NOT IN ('native', 'native_stack'))
ORDER BY o.retained_size DESC, o.id LIMIT 50
