-- WHERE 0xADDRESS: the object at that address.
SELECT id AS object_id, NULL AS frame_id, 'object' AS label, 0 AS tier, NULL AS root_id FROM object WHERE address = :number
