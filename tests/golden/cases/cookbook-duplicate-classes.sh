"$EXUVIA" sql "$(db worker)" cookbook:duplicate-classes -n 6
