"$EXUVIA" sql "$(db worker)" cookbook:native-only -n 6
