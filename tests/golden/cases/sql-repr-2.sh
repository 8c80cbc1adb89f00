# Python 2.7 writes them otherwise.
"$EXUVIA" sql "$(db 2.7)" "SELECT type_name(id) AS type, min(py_repr(id, 80)) AS repr FROM object WHERE type_name(id) IN ('int', 'long', 'unicode', 'str', 'set', 'frozenset', 'tuple', 'type', 'object') AND (type_name(id) <> 'tuple' OR id IN (SELECT referrer_id FROM reference_row r WHERE type_name(r.referent_id) = 'unicode')) GROUP BY 1"
