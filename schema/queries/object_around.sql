-- In which object does an address lie?
SELECT id, address FROM (SELECT id, address, coalesce(footprint, shallow_size) AS size FROM object
                         WHERE address <= :number ORDER BY address DESC LIMIT 1)
WHERE :number - address < size
