-- WHERE chunks: every sequence of str/bytes pieces.
SELECT object_id, NULL AS frame_id, coalesce(kind, '') AS label, 0 AS tier, NULL AS root_id FROM chunk_list ORDER BY object_id
