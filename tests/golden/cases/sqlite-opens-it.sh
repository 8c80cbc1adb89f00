# Any SQLite client reads it.
python3 - "$(db plain)" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(db.execute('PRAGMA application_id').fetchone()[0].to_bytes(4, 'big'), db.execute('PRAGMA user_version').fetchone())
print(db.execute('PRAGMA integrity_check').fetchone())
print([name for name, in db.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*' ORDER BY name")])
PY
