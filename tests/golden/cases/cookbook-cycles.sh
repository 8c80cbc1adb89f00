"$EXUVIA" sql "$(db incident)" cookbook:cycles -n 6
