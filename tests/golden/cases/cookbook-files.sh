"$EXUVIA" sql "$(db worker)" cookbook:files -n 6
