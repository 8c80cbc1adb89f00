id=$("$EXUVIA" sql "$(db incident)" "SELECT object_id FROM chunk_list WHERE kind = 'stringio'" --format csv | tail -n 1)
"$EXUVIA" referrers "$(db incident)" "#$id"
"$EXUVIA" referrers "$(db incident)" "#$id" --depth 3
