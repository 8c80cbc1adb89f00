"$EXUVIA" sql "$(db worker)" cookbook:duplicate-strings -n 6
