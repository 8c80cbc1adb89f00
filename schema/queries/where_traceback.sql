-- WHERE traceback: every traceback object.
SELECT object_id, NULL AS frame_id, 'traceback' AS label, 0 AS tier, NULL AS root_id FROM traceback ORDER BY object_id
