"$EXUVIA" sql "$(db worker)" cookbook:exception-holders -n 6
