-- By which object is each reached first, how far from a root, and what kind of root is it, if it is one?
-- scans: object
SELECT id, type_id, footprint, root_distance, parent_id,
       CASE root_distance WHEN 0 THEN (SELECT kind FROM root WHERE root.id = root_id) END,
       CASE root_distance WHEN 0 THEN (SELECT frame_id FROM root WHERE root.id = root_id) END
FROM object
