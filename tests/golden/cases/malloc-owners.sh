# Below the top lies what no object owns, and what only an unreachable cycle holds: a database made to have them.
cp "$(db incident)" copy.db
chmod u+w copy.db
python3 - <<'PY'
import sqlite3
db = sqlite3.connect('copy.db')
chunks = [row[0] for row in db.execute("SELECT id FROM chunk WHERE heap_id = 1 AND state = 'used' ORDER BY id DESC LIMIT 10")]
for chunk, owner in zip(chunks, ('interpreter', 'library', 'unknown', 'thread', 'free list', 'numbers', 'arena')):
    db.execute('UPDATE chunk SET owner = ?, object_id = NULL WHERE id = ?', (owner, chunk))
dead = db.execute('SELECT object_id FROM cycle_member ORDER BY object_id LIMIT 1').fetchone()[0]
db.execute('UPDATE chunk SET object_id = ? WHERE id = ?', (dead, chunks[7]))
db.execute('UPDATE pin SET object_id = ? WHERE rowid = (SELECT max(rowid) FROM pin WHERE object_id IS NOT NULL)', (dead,))
db.commit()
PY
"$EXUVIA" malloc copy.db | sed -n '/^the highest/,/^$/p'
"$EXUVIA" malloc --format json copy.db | python3 -c "
import json, sys
for chunk in json.load(sys.stdin)['below_top'][:8]:
    print(chunk['owner'], chunk['object id'], chunk['type'], chunk['kept by'])"
"$EXUVIA" arenas --pins copy.db | grep cycle
rm -f copy.db*
