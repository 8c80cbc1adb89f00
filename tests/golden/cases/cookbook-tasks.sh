"$EXUVIA" sql "$(db worker)" cookbook:tasks -n 6
