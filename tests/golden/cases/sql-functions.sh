# The functions, but for memory(): what they are, and what they answer.
"$EXUVIA" sql --functions
q() { printf -- '-- %s\n' "$1"; "$EXUVIA" sql "$(db incident)" "$1"; echo "status $?"; }
LIST="(SELECT object_id FROM chunk_list ORDER BY bytes DESC, object_id LIMIT 1)"
BIG="(SELECT id FROM object WHERE retained_count BETWEEN 100 AND 2000 ORDER BY retained_count DESC, id LIMIT 1)"
q "SELECT step, kind, name, position, label, summary, root FROM path_to_root($LIST)"
q "SELECT r.kind FROM path_to_root($LIST) p JOIN root r ON r.id = p.root_id AND r.object_id = p.object_id"
q "SELECT depth, kind, name, position, confidence, type, summary FROM referrers($LIST, 3)"
q "SELECT depth, kind, name, summary FROM referrers($LIST)"
q "SELECT count(*) = o.retained_count, sum(m.footprint) = o.retained_size, max(s.depth) FROM object o, retained_set(o.id) s JOIN object m ON m.id = s.object_id WHERE o.id = $LIST GROUP BY o.id"
q "SELECT count(*), count(DISTINCT d.object_id), sum(d.retained_count) + 1 = o.retained_count FROM object o, dominated(o.id) d WHERE o.id = $BIG"
q "SELECT retained_size, retained_count, type, summary FROM dominated($BIG) LIMIT 2"
# As many as the columns say, for every object; the way up is as long as the distance.
q "SELECT count(*) FROM object o WHERE reachable AND id % 50 = 0 AND retained_count <> (SELECT count(*) FROM retained_set(o.id))"
q "SELECT count(*) FROM object o WHERE id % 20 = 0 AND coalesce(root_distance, -1) <> (SELECT coalesce(max(step), -1) FROM path_to_root(o.id))"
q "SELECT count(*) FROM object o WHERE id % 20 = 0 AND (SELECT count(*) FROM reference WHERE referent_id = o.id) <> (SELECT count(*) FROM referrers(o.id))"
q "SELECT what(NULL), path(NULL), size(4096)"
q "SELECT chain, count, objects, bytes, retained_bytes, length, path FROM chains('traceback', 'chunks', 2)"
q "SELECT count(*), json_array_length(steps), json_extract(steps, '$[1].name') FROM chains('traceback', 'chunks', 1)"
q "SELECT count(*) FROM chains(NULL, '#1')"
q "SELECT count(*) FROM chains('type:Handler', 'type:NoSuchType')"
q "SELECT * FROM chains('nothing', 'chunks')"
# As the process itself prints it.
q "SELECT py_repr(id, 60) AS repr FROM object WHERE id IN (SELECT object_id FROM chunk_list) ORDER BY id LIMIT 3"
q "SELECT type_name(id), min(py_repr(id, 80)) AS repr FROM object WHERE type_name(id) IN ('int', 'float', 'bool', 'NoneType', 'tuple', 'dict', 'set', 'frozenset', 'str', 'bytes', 'type', 'range', 'heaps.Response') GROUP BY 1"
q "SELECT py_repr(NULL), py_repr(0), py_repr(-1, 3)"
# Nothing, and what is no id.
q "SELECT count(*) FROM path_to_root(NULL)"
q "SELECT (SELECT count(*) FROM retained_set(0)), (SELECT count(*) FROM dominated(-7)), (SELECT count(*) FROM referrers(99999999999, 2))"
q "SELECT count(*) FROM path_to_root((SELECT id FROM object WHERE NOT reachable LIMIT 1))"
q "SELECT * FROM path_to_root"
q "SELECT * FROM referrers('0x10')"
q "SELECT * FROM referrers(1, -1)"
