"$EXUVIA" sql "$(db worker)" cookbook:mappings -n 6
