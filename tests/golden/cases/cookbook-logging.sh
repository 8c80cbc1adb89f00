"$EXUVIA" sql "$(db worker)" cookbook:logging -n 6
