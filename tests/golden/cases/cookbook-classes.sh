"$EXUVIA" sql "$(db worker)" cookbook:classes -n 6
"$EXUVIA" sql "$(db worker)" cookbook:classes:worker.Session
