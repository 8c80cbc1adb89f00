"$EXUVIA" sql "$(db worker)" cookbook:free-chunks -n 6
