"$EXUVIA" sql "$(db incident)" cookbook:types -n 6
