-- Which objects are referred to most often?
-- Immortal objects of 3.12 and later, whose count says nothing, are left out. found: references from other objects (a few are
-- borrowed and not counted). Where the count is much higher, C code holds the rest, or a leak of references does.
-- scans: object
-- needs: what
SELECT b.id, what(b.id) AS object, b.refcount AS "refcount:count",
       (SELECT count(*) FROM reference_row r WHERE r.referent_id = b.id AND r.kind <> 12) AS "found:count"
FROM (SELECT id, refcount FROM object WHERE refcount < 1 << 28 ORDER BY refcount DESC, id LIMIT 30) b
ORDER BY b.refcount DESC, b.id
