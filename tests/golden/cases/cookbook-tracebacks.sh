"$EXUVIA" sql "$(db incident)" cookbook:tracebacks -n 6
