"$EXUVIA" threads "$(db incident)" --locals
