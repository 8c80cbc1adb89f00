"$EXUVIA" sql "$(db worker)" cookbook:thread-locals -n 6
