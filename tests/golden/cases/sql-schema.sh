# Without a database. All that `load` makes is in it.
"$EXUVIA" sql --schema | head -n 12
"$EXUVIA" sql --schema >schema.sql
python3 - "$(db plain)" <<'PY'
import sqlite3, sys
wanted, there = sqlite3.connect(':memory:'), sqlite3.connect(sys.argv[1])
wanted.executescript(open('schema.sql').read())
names = [{row for row in db.execute('SELECT type, name, sql FROM sqlite_schema')} for db in (wanted, there)]
print(names[0] == names[1], sorted(names[0] ^ names[1]))
PY
rm schema.sql
"$EXUVIA" sql; echo "status $?"
