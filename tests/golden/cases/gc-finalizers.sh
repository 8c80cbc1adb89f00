# No core of the corpus has any: a database made to have them, and a list that is gc.garbage.
cp "$(db incident)" copy.db
chmod u+w copy.db
python3 - <<'PY'
import sqlite3
db = sqlite3.connect('copy.db')
first, second, third = (row[0] for row in db.execute('SELECT id FROM cycle ORDER BY id'))
function = db.execute("SELECT o.id FROM object o JOIN type t ON t.id = o.type_id WHERE t.qualname = 'function' LIMIT 1").fetchone()[0]
reference = db.execute("SELECT o.id FROM object o JOIN type t ON t.id = o.type_id WHERE t.qualname = 'ReferenceType' LIMIT 1").fetchone()[0]
def member(cycle, n):
    return db.execute('SELECT object_id FROM cycle_member WHERE cycle_id = ? ORDER BY object_id LIMIT 1 OFFSET ?', (cycle, n)).fetchone()[0]
db.executemany('INSERT INTO finalizer VALUES(?,?,?,?,?,?)', [
    (member(first, 0), first, '__del__', function, None, 0), (member(second, 0), second, '__del__', function, None, 0),
    (member(second, 0), second, 'callback', function, reference, 0), (member(second, 0), second, 'callback', function, reference, 0),
    (member(second, 1), second, 'native', None, None, 0), (member(third, 0), third, '__del__', function, None, 1)])
db.execute('UPDATE cycle_member SET uncollectable = 1 WHERE cycle_id = ?', (third,))
pieces = db.execute("SELECT object_id FROM chunk_list WHERE kind = 'list' ORDER BY pieces DESC LIMIT 1").fetchone()[0]
db.execute('UPDATE collector SET garbage_id = ?', (pieces,))
db.commit()
PY
"$EXUVIA" gc copy.db
"$EXUVIA" gc --format json copy.db | python3 -c "
import json, sys
page = json.load(sys.stdin)
for key in ('finalizers', 'uncollectable', 'garbage'):
    print(key, json.dumps(page[key][0]))"
rm -f copy.db*
