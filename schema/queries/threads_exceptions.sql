-- Which exceptions is a thread handling? ('exc_info', 'exc_info (outer)'; what else is rooted as exception is on its
-- way, or the class and the traceback that go with one.)
SELECT object_id FROM root WHERE thread_id = :id AND kind = 'exception' AND name GLOB 'exc_info*'
GROUP BY object_id ORDER BY min(id)
