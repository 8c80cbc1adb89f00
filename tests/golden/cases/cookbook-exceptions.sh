"$EXUVIA" sql "$(db incident)" cookbook:exceptions -n 6
