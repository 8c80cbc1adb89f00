"$EXUVIA" sql "$(db incident)" cookbook:containers -n 6
