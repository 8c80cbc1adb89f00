"$EXUVIA" sql "$(db worker)" cookbook:interned -n 6
