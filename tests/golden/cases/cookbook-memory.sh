"$EXUVIA" sql "$(db worker)" cookbook:memory -n 6
