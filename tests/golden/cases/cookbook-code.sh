"$EXUVIA" sql "$(db worker)" cookbook:code -n 6
