-- Which exceptions is a thread handling?
SELECT DISTINCT object_id FROM root WHERE thread_id = :id AND kind = 'exception' ORDER BY id
