"$EXUVIA" sql "$(db worker)" cookbook:caches -n 6
