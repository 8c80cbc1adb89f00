"$EXUVIA" types "$(db incident)" -n 12
