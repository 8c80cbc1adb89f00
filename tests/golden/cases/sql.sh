"$EXUVIA" sql "$(db incident)" "SELECT kind, pieces, bytes, piece_size FROM chunk_list ORDER BY bytes DESC LIMIT 3"
"$EXUVIA" sql "$(db incident)" "SELECT function, qualname, line, kind FROM frame WHERE filename LIKE '%heaps.py' ORDER BY line, kind"
"$EXUVIA" sql "$(db incident)" "SELECT message FROM exception WHERE traceback_id IS NOT NULL ORDER BY 1"
