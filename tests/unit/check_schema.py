#!/usr/bin/env python3
"""Every table, view and column of schema/schema.sql has a comment that says what it means, and schema/scrub.sql says of every
column that is no number what becomes of it."""
import os
import re
import sqlite3
import sys

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'schema', 'schema.sql')
with open(path) as file:
    lines = file.read().splitlines()
db = sqlite3.connect(':memory:')
db.executescript('\n'.join(lines))
bad = checked = 0
for table, kind in db.execute("SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'").fetchall():
    start, = [n for n, line in enumerate(lines) if re.match(r'CREATE (TABLE|VIEW) %s\b' % table, line)]
    # A comment above, or the table of a view that follows it at once.
    if not (lines[start - 1].startswith('--') or (kind == 'view' and lines[start - 1] == ');')):
        print('%s: says nowhere what it is' % table)
        bad += 1
    if kind == 'view':
        continue
    for column in [row[1] for row in db.execute('PRAGMA table_info("%s")' % table)]:
        checked += 1
        line = next(line for line in lines[start + 1:] if re.match(r'  "?%s"?[ ,]' % column, line))
        if not re.search(r'-- \S', line):
            print('%s.%s: no word on what it means, its unit, when it is NULL' % (table, column))
            bad += 1
with open(os.path.join(os.path.dirname(path), 'scrub.sql')) as file:
    scrub = file.read()
treated = {'.'.join(words) for words in re.findall(r'^UPDATE (\w+) SET (\w+)', scrub, re.M)}
stays = {word for line in re.findall(r'^-- stays: (.+)$', scrub, re.M) for word in line.split()}
emptied = set(re.findall(r'^DELETE FROM (\w+);$', scrub, re.M))
columns = {'%s.%s' % (table, row[1]) for table, in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
           for row in db.execute('PRAGMA table_info("%s")' % table) if row[2] != 'INTEGER' and table not in emptied}
for column in sorted(columns - treated - stays):
    print('%s: scrub.sql neither replaces it nor says that it stays' % column)
    bad += 1
for column in sorted(stays - columns | treated & stays):
    print('%s: scrub.sql says that it stays, and there is no such column or it is replaced' % column)
    bad += 1
print('%d columns' % checked)
sys.exit(1 if bad else 0)
