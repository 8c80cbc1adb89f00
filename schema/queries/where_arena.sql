-- The arena of that id, or in which that address lies.
SELECT id FROM arena WHERE id = :place OR :place BETWEEN address AND address + size - 1 ORDER BY id = :place DESC LIMIT 1
