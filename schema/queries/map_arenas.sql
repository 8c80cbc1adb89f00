-- How full is each arena? (for `arenas --map` with many of them)
SELECT address, used_bytes, size FROM arena ORDER BY id
