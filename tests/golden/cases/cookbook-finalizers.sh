"$EXUVIA" sql "$(db worker)" cookbook:finalizers -n 6
