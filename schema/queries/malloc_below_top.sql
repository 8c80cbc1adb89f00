-- Which used chunks lie highest in the main heap, and how much free memory lies below each of them down to the next?
WITH RECURSIVE top AS (SELECT max(id) AS id FROM chunk WHERE heap_id = 1),
high AS (SELECT id, address, size, object_id, owner FROM chunk
         WHERE heap_id = 1 AND state = 'used' AND id <= (SELECT id FROM top) ORDER BY id DESC LIMIT 10)
SELECT h.address AS "address:address", h.size AS "size:size", h.owner, h.object_id AS "object id",
       (SELECT CASE WHEN t.module IS NULL OR t.module = 'builtins' THEN t.qualname ELSE t.module || '.' || t.qualname END
        FROM object o JOIN type t ON t.id = o.type_id WHERE o.id = h.object_id) AS type,
       coalesce(nullif(path(h.object_id), ''),
                (SELECT 'unreachable cycle ' || cycle_id FROM cycle_member WHERE object_id = h.object_id),
                CASE WHEN h.object_id IS NOT NULL THEN 'nothing that was found' END) AS "kept by",
       (SELECT coalesce(sum(c.size), 0) FROM chunk c
        WHERE c.heap_id = 1 AND c.state NOT IN ('used', 'top') AND c.id < h.id
          AND c.id > coalesce((SELECT max(id) FROM high WHERE id < h.id), h.id)) AS "free below:size"
FROM high h ORDER BY h.id DESC
