"$EXUVIA" sql "$(db worker)" cookbook:lost -n 6
