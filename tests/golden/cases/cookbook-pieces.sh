"$EXUVIA" sql "$(db worker)" cookbook:pieces -n 6
