"$EXUVIA"
echo "exit $?"
"$EXUVIA" nonsense
echo "exit $?"
"$EXUVIA" types
