"$EXUVIA" --help
"$EXUVIA" chain --help
