"$EXUVIA" sql "$(db incident)" cookbook:locals -n 6
