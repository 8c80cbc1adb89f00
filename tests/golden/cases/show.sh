id=$("$EXUVIA" sql "$(db incident)" "SELECT max(object_id) FROM exception WHERE message LIKE 'timed out%'" --format csv | tail -n 1)
"$EXUVIA" show "$(db incident)" "#$id"
