"$EXUVIA" sql "$(db worker)" cookbook:refcounts -n 6
