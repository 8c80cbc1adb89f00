"$EXUVIA" sql "$(db worker)" cookbook:queues -n 6
