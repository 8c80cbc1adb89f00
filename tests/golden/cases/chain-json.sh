"$EXUVIA" chain "$(db incident)" --from traceback --to chunks -n 1 --format json
