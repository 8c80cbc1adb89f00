-- Which exceptions is a thread handling?
SELECT object_id FROM root WHERE thread_id = :id AND kind = 'exception' GROUP BY object_id ORDER BY min(id)
