id=$("$EXUVIA" sql "$(db incident)" "SELECT referent_id FROM reference WHERE name = 'last' AND kind = 'attribute'" --format csv | tail -n 1)
"$EXUVIA" show "$(db incident)" "#$id"
