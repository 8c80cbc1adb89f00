"$EXUVIA" sql "$(db worker)" cookbook:generators -n 6
