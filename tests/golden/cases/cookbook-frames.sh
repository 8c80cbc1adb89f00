"$EXUVIA" sql "$(db incident)" cookbook:frames -n 6
