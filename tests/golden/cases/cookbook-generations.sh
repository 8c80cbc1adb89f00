"$EXUVIA" sql "$(db worker)" cookbook:generations -n 6
