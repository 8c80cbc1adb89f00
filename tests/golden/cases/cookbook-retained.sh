"$EXUVIA" sql "$(db incident)" cookbook:retained -n 6
