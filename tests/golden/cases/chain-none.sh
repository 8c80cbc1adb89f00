# Nothing there: exit status 1.
"$EXUVIA" chain "$(db plain)" --from exception --to chunks
