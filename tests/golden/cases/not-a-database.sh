echo 'plain text' >x.db
"$EXUVIA" types x.db
echo "exit $?"
: >empty.db
"$EXUVIA" types empty.db
echo "exit $?"
"$EXUVIA" types absent.db
