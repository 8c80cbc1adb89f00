"$EXUVIA" chain "$(db incident)" --to type:TimeoutError -n 1
