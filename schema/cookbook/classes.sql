-- Which classes have the most instances, and how many bytes does an instance take? (cookbook:classes:NAME: that class alone)
-- Classes made in Python. each: bytes of an instance with its own buffers; with all: what all of them retain, shared out.
-- scans: object
SELECT coalesce(nullif(t.module, 'builtins') || '.', '') || t.qualname AS class, h.objects AS "instances:count",
       h.footprint AS "footprint:size", h.footprint / h.objects AS "each:size", t.retained AS "retained:size",
       t.retained / h.objects AS "with all:size", h.example AS "example id"
FROM (SELECT type_id, count(*) AS objects, sum(footprint) AS footprint, min(id) AS example FROM object GROUP BY type_id) h
     JOIN type t ON t.id = h.type_id
WHERE t.heap AND (:name IS NULL OR t.qualname = :name OR t.module || '.' || t.qualname = :name)
ORDER BY t.retained DESC, h.objects DESC, t.id
