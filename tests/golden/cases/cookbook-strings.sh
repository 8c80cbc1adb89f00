"$EXUVIA" sql "$(db incident)" cookbook:strings -n 6
