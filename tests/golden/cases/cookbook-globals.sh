"$EXUVIA" sql "$(db incident)" cookbook:globals -n 6
