"$EXUVIA" sql "$(db worker)" cookbook:free-memory -n 6
