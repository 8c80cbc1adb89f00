#!/usr/bin/env python3
"""exuvia.so, loaded by Python's sqlite3 and by the shell sqlite3: the answers are those of `exuvia sql`.

    extension.py --exuvia build/release/exuvia --extension build/release/exuvia.so [--preload LIBASAN]

With --preload (a build under AddressSanitizer) it starts itself again with that library in front.
"""
import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

CORPUS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), 'corpus')
LIST = '(SELECT object_id FROM chunk_list ORDER BY bytes DESC, object_id LIMIT 1)'
BIG = '(SELECT id FROM object ORDER BY retained_count DESC, id LIMIT 1)'
QUERIES = [
    'SELECT * FROM path_to_root(%s)' % LIST,
    'SELECT *, id, levels FROM referrers(%s, 3)' % LIST,
    'SELECT object_id, depth, dominator_id FROM retained_set(%s) ORDER BY object_id LIMIT 50' % BIG,
    'SELECT * FROM dominated(%s) LIMIT 50' % BIG,
    'SELECT id, what(id), path(id), size(retained_size) FROM object WHERE id % 100 = 0',
    "SELECT * FROM chains('traceback', 'chunks')",
    "SELECT * FROM chains(NULL, 'type:dict', 5)",
    'SELECT id, py_repr(id), py_repr(id, 30), type_name(id) FROM object WHERE id % 20 = 0',
    'SELECT hex(memory(address, 24)) FROM object WHERE id % 500 = 0',
    'SELECT o.id, d.object_id FROM object o, dominated(o.id) d WHERE o.id % 100 = 0 ORDER BY 1, 2',
]
failures = []


def expect(good, what, detail=''):
    if not good:
        failures.append(what)
    print('%s %s%s' % ('ok  ' if good else 'FAIL', what, '' if good or not detail else ': %s' % (detail,)))


def error_of(connection, query):
    try:
        return 'no error, but %r' % (connection.execute(query).fetchmany(3),)
    except sqlite3.Error as error:
        return str(error)


def open_files(path):
    """How often this process has it open."""
    found = 0
    for number in os.listdir('/proc/self/fd'):
        try:
            found += os.readlink('/proc/self/fd/' + number) == path
        except OSError:
            pass
    return found


def connect(path, extension):
    connection = sqlite3.connect(path)
    connection.enable_load_extension(True)
    connection.load_extension(extension)
    return connection


def check_python(options, first, second):
    db = connect(first, options.extension)
    for query in QUERIES:
        said = json.loads(subprocess.run([options.exuvia, 'sql', first, query, '--format', 'json'], check=True,
                                         stdout=subprocess.PIPE).stdout.decode())
        found = db.execute(query)
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row)) for row in found]
        expect(rows and rows == said, 'as `exuvia sql` says: ' + query,
               [(a, b) for a, b in zip(rows, said) if a != b][:2] or (len(rows), len(said)))
    other = connect(second, options.extension)
    question = "SELECT group_concat(what(id), ' ') FROM object WHERE id % 100 = 0"
    answers = [c.execute(question).fetchone() for c in (db, other, db, other)]
    expect(answers[0] == answers[2] != answers[1] == answers[3], 'connections do not share what they know')
    for form in ('5', "'5'"):
        expect(len(db.execute('SELECT * FROM referrers(%s)' % form).fetchall()) ==
               db.execute('SELECT count(*) FROM reference WHERE referent_id = 5').fetchone()[0], 'an id given as ' + form)
    db.execute('SELECT * FROM referrers(1, 3)').fetchone()  # a walk that is not at its end
    db.close()
    expect(open_files(first) == 0, 'a closed connection is closed', open_files(first))
    expect(other.execute(question).fetchone() == answers[1], 'the other one goes on')
    other.close()
    expect(open_files(second) == 0, 'and is closed, too')


def check_foreign(options, folder):
    for path in (':memory:', os.path.join(folder, 'foreign.db')):
        db = connect(path, options.extension)
        db.execute('CREATE TABLE object(id INTEGER PRIMARY KEY)')
        for query in ('SELECT * FROM path_to_root(1)', 'SELECT what(1)', 'SELECT * FROM dominated(1)', 'SELECT py_repr(1)',
                      "SELECT * FROM chains('root', 'chunks')", 'SELECT memory(4096, 8)'):
            said = error_of(db, query)
            expect('not one of exuvia' in said, 'refused on %s: %s' % (os.path.basename(path), query), said)
        expect(db.execute('SELECT size(57300000)').fetchone() == ('57.3 MB',), 'size() needs no database')
        db.close()
        expect(open_files(path) == 0, 'closed')


def check_hostile(options, first, folder):
    path = os.path.join(folder, 'hostile.db')
    shutil.copy(first, path)
    db = sqlite3.connect(path)
    db.executescript('''
        UPDATE object SET parent_id = id + 1 WHERE id BETWEEN 100 AND 198; UPDATE object SET parent_id = 150 WHERE id = 199;
        UPDATE object SET parent_id = id WHERE id = 200; UPDATE object SET parent_id = -5 WHERE id = 201;
        UPDATE object SET parent_id = 1 << 40 WHERE id = 202; UPDATE object SET parent_id = 'x' WHERE id = 203;
        UPDATE object SET dominator_id = id + 1, retained_count = 2 WHERE id BETWEEN 100 AND 198;
        UPDATE object SET dominator_id = 100, retained_count = 2 WHERE id = 199;
        UPDATE object SET dominator_id = id, retained_count = 2 WHERE id = 200;
        INSERT OR REPLACE INTO reference_row VALUES (-3, 0, 200, 1, 1 << 50, -9, 7), (1 << 40, 0, 200, 99, -77, 1, 1);
        CREATE VIEW trap AS SELECT * FROM dominated(1);
        CREATE VIEW snare AS SELECT what(1);
        CREATE VIEW peephole AS SELECT memory(4096, 8);
        CREATE VIEW chained AS SELECT * FROM chains('root', 'chunks');
        UPDATE meta SET value = '/etc/passwd' WHERE key = 'input_name';
    ''')
    db.close()
    db = connect(path, options.extension)
    for start in range(100, 204):
        if db.execute('SELECT 1 FROM path_to_root(%d) WHERE root IS NULL LIMIT 1' % start).fetchone() and not db.execute(
                'SELECT 1 FROM path_to_root(%d) WHERE root IS NOT NULL' % start).fetchone():
            expect(False, 'a way up without a root: %d' % start)
    expect(db.execute('SELECT count(*) FROM path_to_root(120)').fetchone() == (0,), 'a circle of parents leads nowhere')
    rows = db.execute('SELECT object_id FROM retained_set(150)').fetchall()
    expect(len(rows) == len(set(rows)) >= 100, 'a circle of dominators is walked once', len(rows))
    expect(db.execute('SELECT count(*) FROM retained_set(200)').fetchone()[0] >= 1, 'who dominates himself')
    expect(len(db.execute('SELECT *, label FROM referrers(200, 1000000000000), (SELECT 1 AS label)').fetchall()) >= 2,
           'references from nowhere')
    said = error_of(db, 'SELECT memory(4096, 8)')
    expect('not at hand' in said, 'a database that names another file as its core', said)
    said = error_of(db, "SELECT * FROM chains('root', 'sql:DELETE FROM object RETURNING id')")
    expect('would write' in said and db.execute('SELECT count(*) FROM object').fetchone()[0] > 0, 'chains() only reads', said)
    for view in ('trap', 'snare', 'peephole', 'chained'):
        said = error_of(db, 'SELECT * FROM ' + view)
        expect('unsafe use' in said, 'a view can not call them', said)
    db.close()


def check_shell(options, first):
    shell = shutil.which('sqlite3')
    if not shell:
        print('SKIP no shell sqlite3 on this machine')
        return
    query = "SELECT what(id) || ' ' || path(id) FROM object WHERE id % 500 = 0; " + QUERIES[0]
    done = subprocess.run([shell, '-readonly', first, '-cmd', '.load ' + options.extension[:-3], query],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = done.stdout.decode()
    if 'unknown command' in done.stderr.decode():
        print('SKIP this sqlite3 loads no extensions')
        return
    expect(done.returncode == 0 and not done.stderr and said.count('\n') > 5, 'the shell sqlite3', done.stderr.decode()[-500:])
    db = connect(first, options.extension)
    expect(said.splitlines()[0] == db.execute(query.partition(';')[0]).fetchone()[0], 'the shell says the same')
    db.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--exuvia', required=True)
    parser.add_argument('--extension', required=True)
    parser.add_argument('--preload')
    options = parser.parse_args()
    options.exuvia, options.extension = os.path.abspath(options.exuvia), os.path.abspath(options.extension)
    if not os.path.exists(options.exuvia) or not os.path.exists(options.extension):
        print('SKIP no exuvia.so at %s' % options.extension)
        return 77
    if not hasattr(sqlite3.Connection, 'enable_load_extension'):
        for other in ('/usr/bin/python3', '/usr/local/bin/python3'):
            if os.path.exists(other) and os.path.realpath(other) != os.path.realpath(sys.executable) and 'EXU_TRIED' not in os.environ:
                os.environ['EXU_TRIED'] = '1'
                os.execv(other, [other, '-B'] + sys.argv)
        print("SKIP this Python's sqlite3 loads no extensions")
        return 77
    if sqlite3.sqlite_version_info < (3, 31):
        print('SKIP SQLite %s is too old' % sqlite3.sqlite_version)
        return 77
    if options.preload and options.preload not in os.environ.get('LD_PRELOAD', ''):
        os.environ.update(LD_PRELOAD=options.preload, ASAN_OPTIONS='detect_leaks=0')  # the interpreter keeps things
        os.execv(sys.executable, [sys.executable, '-B'] + sys.argv)
    with tempfile.TemporaryDirectory(prefix='exuvia-extension-') as folder:
        databases = []
        for name in ('incident', '2.7'):
            databases.append(os.path.join(os.path.realpath(folder), name + '.db'))
            subprocess.run([options.exuvia, 'load', os.path.join(CORPUS, name + '.core.zst'), '-o', databases[-1],
                            '--sysroot', '/nonexistent', '--progress', 'never'], check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        check_python(options, *databases)
        check_foreign(options, folder)
        check_hostile(options, databases[0], folder)
        check_shell(options, databases[0])
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
