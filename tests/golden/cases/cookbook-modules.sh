"$EXUVIA" sql "$(db worker)" cookbook:modules -n 6
