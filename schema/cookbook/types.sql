-- Which types hold the most memory?
-- footprint: what the allocators spent on its objects, their own buffers included; retained: what would be freed if all of
-- them went. Bytes. The memory of a class's instances is often that of their dicts, lists and strings: see retained.
-- scans: object
SELECT coalesce(nullif(t.module, 'builtins') || '.', '') || t.qualname AS type, h.objects AS "objects:count",
       h.footprint AS "footprint:size", h.footprint / h.objects AS "each:size", t.retained AS "retained:size"
FROM (SELECT type_id, count(*) AS objects, sum(footprint) AS footprint FROM object GROUP BY type_id) h
     LEFT JOIN type t ON t.id = h.type_id
ORDER BY h.footprint DESC, h.objects DESC, h.type_id
