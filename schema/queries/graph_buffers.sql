-- Which objects hold their pieces in a buffer that sys.getsizeof does not count? (cStringIO of 2.7)
SELECT o.id, o.type_id, o.shallow_size + c.bytes FROM chunk_list AS c JOIN object AS o ON o.id = c.object_id
WHERE c.kind = 'cstringio'
