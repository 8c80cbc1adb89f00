"$EXUVIA" chain "$(db plain)"
echo "exit $?"
"$EXUVIA" chain "$(db plain)" --from nonsense:x --to chunks
