# The question that the project exists for.
"$EXUVIA" chain "$(db incident)" --from traceback --to chunks -n 2
