"$EXUVIA" sql "$(db plain)" "SELECT nonsense FROM nowhere"
echo "exit $?"
"$EXUVIA" sql "$(db plain)" "DELETE FROM object"
