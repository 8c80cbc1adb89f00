"$EXUVIA" sql "$(db worker)" cookbook:young -n 6
