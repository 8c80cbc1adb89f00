#!/usr/bin/env python3
"""Nothing of a process's data is left in a scrubbed database, and all that can be counted is.

A real process gets secrets of more than twenty kinds, in values, keys, locals, arguments, the environment, messages of exceptions and
buffers. All must stand in the database that is loaded of it, and none, not even a part, anywhere in the bytes of the scrubbed
one. Every question of the cookbook gives as many rows with the same numbers; equal values have equal tokens, of their length.

    scrub.py --python PYTHON --exuvia build/exuvia [--keep DIR]
"""
import argparse
import collections
import glob
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import place
import process

COOKBOOK = os.path.join(process.HERE, '..', '..', 'schema', 'cookbook')
SECRETS = {
    'password': 'correct-horse-battery-9',
    'api_key': 'k3y_7f9a1b2c3d4e5f60',
    'jwt': 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0NzExIn0.c2lnbmF0dXJlLW9mLXRva2Vu',
    'bearer': 'Bearer 8xLOxBtZp8qQmW3f',
    'basic': 'Basic YWxhZGRpbjpvcGVuc2VzYW1l',
    'pem': '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n-----END PRIVATE KEY-----',
    'base64': 'Q29uZmlkZW50aWFsIGRvY3VtZW50IDIwMjYh',
    'hex': '9b74c9897bac770ffc029102a200c5de',
    'uuid': '7d444840-9dc0-11d1-b245-5ffdce74fad2',
    'url': 'postgres://billing:s3cretpw@db.internal:5432/invoices',
    'card': '4929 4212 3456 7899',
    'email': 'jane.doe.private@mail.example.org',
    'phone': '+49 1512 3456789',
    'iban': 'DE89370400440532013000',
    'cookie': 'sessionid=38afes7a8b2c4d6e; Path=/',
    'aws': 'AKIAIOSFODNN7SECRETS',
    'github': 'ghp_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789',
    'ssn': '078-05-1120',
    'prose': u'patient J\u00fcrgen M\u00fcller is ill',
    'told': 'the password is hunter2-Zq7',
    'command': 'curl -u bob:Bu1lder-7 http://x.example/',
    'header': 'Cookie: theme=dark; id=Zz38q9es7a',
    'json': '{"n": 1, "db_password": "Jx9\\"qT77zWv"}',
    'query': 'https://x.example/cb?state=1&access_token=Qq7zT19xLm',
    'dsn': 'Server=db;Uid=app;Pwd=Vv8zz!kk2;',
    'number': 8675309867530,
}
# The secrets come by standard input: in the text of the program they would be constants of its code.
SUBJECT = r'''
import io, json, os, sys, time
secrets = json.loads(sys.stdin.readline())
class Holder(object):
    pass
kept = Holder()
kept.value = {str(i): v for i, v in enumerate(secrets.values())}
kept.keys = {v: i for i, v in enumerate(secrets.values())}
kept.twice = [''.join([c for c in u'%s' % v]) for v in secrets.values()]
kept.encoded = [(u'%s' % v).encode('utf-8') for v in secrets.values()]
kept.text = io.StringIO(u' '.join(u'%s' % v for v in secrets.values()))
kept.bytes = io.BytesIO(b' '.join(kept.encoded))
kept.array = bytearray(b'|'.join(kept.encoded))
kept.environment = dict(os.environ)
for i, v in enumerate(secrets.values()):
    setattr(kept, u'%s' % v if sys.version_info[0] > 2 else (u'%s' % v).encode('utf-8'), i)
def fail(argument):
    local = u'%s' % argument
    raise ValueError(local)
kept.errors = []
for v in secrets.values():
    try:
        fail(v)
    except ValueError as error:
        kept.errors.append((error, sys.exc_info()))
def wait(password, **others):
    copy = [password]
    print('ready')
    sys.stdout.flush()
    time.sleep(3600)
wait(secrets['password'], **{'option': secrets['jwt']})
'''


def dump(options, where, directory):
    environment = dict(os.environ, PYTHONIOENCODING='utf-8', EXUVIA_TEST_PASSWORD=SECRETS['password'], EXUVIA_TEST_CARD=SECRETS['card'])
    subject = where.start(['-c', SUBJECT, SECRETS['github'], '--token', SECRETS['aws']], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env=environment)
    try:
        subject.stdin.write((json.dumps(SECRETS) + '\n').encode())
        subject.stdin.flush()
        if subject.stdout.readline().strip() != b'ready':
            raise process.Failure('the process did not get ready')
        return process.gcore(subject.pid, directory)
    finally:
        subject.kill()
        subject.wait()


def needles(value):
    """The text of it, and its beginning and end."""
    text = str(value)
    return {text.encode(), text[:12].encode(), text[-12:].encode()}


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def numbers(value):
    """What of an answer is no text, in an order that does not depend on the rows'."""
    if isinstance(value, list):
        return sorted((numbers(item) for item in value), key=repr)
    if isinstance(value, dict):
        return {key: numbers(item) for key, item in value.items()}
    return None if isinstance(value, str) else value


def ask(exuvia, database, name):
    said = subprocess.run([exuvia, 'sql', database, 'cookbook:' + name, '--format', 'json', '-n', '0'], stdout=subprocess.PIPE)
    if said.returncode not in (0, 1):  # 1: there are none
        raise process.Failure('cookbook:%s: exit status %d' % (name, said.returncode))
    return numbers(json.loads(said.stdout or b'[]'))


def tokens(original, scrubbed):
    """Complaints about equal values, lengths, and what is not text."""
    pairs, lengths = collections.defaultdict(set), 0
    rows = zip(original.execute('SELECT object_id, length, text, truncated FROM content ORDER BY 1'),
               scrubbed.execute('SELECT object_id, length, text, truncated FROM content ORDER BY 1'))
    for (id, length, text, cut), (id2, length2, text2, cut2) in rows:
        if (id, length, cut, type(text), len(text)) != (id2, length2, cut2, type(text2), len(text2)):
            lengths += 1
        elif not cut:
            pairs[length is None, text].add(text2)
    if lengths:
        yield '%d contents have another length or type' % lengths
    many = sum(len(found) > 1 for found in pairs.values())
    if many:
        yield '%d equal contents have several tokens' % many
    long = [token for (number, text), found in pairs.items() if len(text) >= 8 and not number for token in found]
    if len(set(long)) != len(long):
        yield 'different contents have one token'
    for table in [row[0] for row in scrubbed.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]:
        if table in ('finding', 'rule', 'meta', 'content'):
            continue
        columns = [row[1] for row in original.execute('SELECT * FROM pragma_table_info(?)', (table,)) if row[2] == 'INTEGER']
        sums = 'SELECT count(*), %s FROM %s' % (', '.join('total("%s")' % c for c in columns) or '0', table)
        if original.execute(sums).fetchone() != scrubbed.execute(sums).fetchone():
            yield 'table %s has other numbers' % table


def add_own(database):
    """What a user may have added, with contents in it."""
    with sqlite3.connect(database) as db:
        db.executescript("CREATE TABLE mine AS SELECT object_id, text FROM content; CREATE INDEX mine_by_text ON mine(text);"
                         "CREATE VIEW mine_too AS SELECT text FROM mine; CREATE INDEX content_by_text ON content(text);"
                         "CREATE TRIGGER mine_again AFTER UPDATE ON content BEGIN INSERT INTO mine VALUES(old.object_id, old.text); END;")


def complaints(options, database, scrubbed, said):
    before, after = read(database), read(scrubbed)
    for kind, value in SECRETS.items():
        if str(value).encode() not in before:
            yield '%s: not in the database to begin with' % kind
        for needle in needles(value):
            if needle in after:
                yield '%s: %r is left at byte %d' % (kind, needle, after.index(needle))
    with sqlite3.connect(database) as a, sqlite3.connect(scrubbed) as b:
        yield from tokens(a, b)
        if b.execute('PRAGMA integrity_check').fetchone()[0] != 'ok':
            yield 'the scrubbed database is damaged'
        if b.execute("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'mine%' OR name = 'content_by_text'").fetchone()[0]:
            yield 'what a user added is left'
        if b.execute('SELECT count(*) FROM finding').fetchone() != a.execute('SELECT count(*) FROM finding').fetchone():
            yield 'other findings'
    if os.stat(scrubbed).st_mode & 0o77:
        yield 'others can read the scrubbed database'
    if 'could not be classified' not in said or 'that exuvia did not make' not in said:
        yield 'no list of what could not be classified'
    for name in sorted(os.path.basename(path)[:-4] for path in glob.glob(os.path.join(COOKBOOK, '*.sql'))):
        if ask(options.exuvia, database, name) != ask(options.exuvia, scrubbed, name):
            yield 'cookbook:%s answers with other numbers' % name


def scrub(options, database, scrubbed, *more):
    return subprocess.run([options.exuvia, 'scrub', database, '-o', scrubbed, *more], stdout=subprocess.PIPE, check=True, text=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--python', required=True)
    parser.add_argument('--exuvia', required=True)
    parser.add_argument('--keep', metavar='DIR')
    options = parser.parse_args()
    where = place.Place(options.python)
    with tempfile.TemporaryDirectory(prefix='exuvia-scrub-') as directory:
        directory = options.keep or directory
        try:
            core = dump(options, where, directory)
        except process.Skip as skip:
            print('SKIP %s' % skip)
            return process.SKIP
        database, scrubbed, again, third = (os.path.join(directory, name) for name in ('db', 'scrubbed', 'again', 'third'))
        process.load(options.exuvia, core, database, where.load_options)
        add_own(database)
        said = scrub(options, database, scrubbed)
        wrong = list(complaints(options, database, scrubbed, said))
        for path in again, third:
            scrub(options, database, path, '--salt', 'pepper')
        if read(again) != read(third):
            wrong.append('with one salt two databases differ')
        if read(again) == read(scrubbed):
            wrong.append('without a salt the tokens are those of another run')
    for line in wrong[:40]:
        print('  ' + line)
    print('%s: %s' % (options.python, '%d complaints' % len(wrong) if wrong else 'nothing left of %d secrets' % len(SECRETS)))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
