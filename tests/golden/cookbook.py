#!/usr/bin/env python3
"""Is the cookbook what it says? For every question of schema/cookbook:

 - the file begins with a comment that ends in a question mark (or a hint in brackets), and has one statement
 - cases/cookbook-NAME.sh asks it, and the golden answer has rows
 - any SQLite client runs it and gets the same rows, unless it says `needs:` with exactly the functions of ours it calls

    cookbook.py --exuvia build/exuvia [--cache DIR]
"""
import argparse
import glob
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

import golden

RECIPES = os.path.join(os.path.dirname(os.path.dirname(golden.HERE)), 'schema', 'cookbook')
FUNCTIONS = {'what', 'path', 'size', 'py_repr'}


def marker(text, word):
    """The values of `-- word: a, b`; empty when there is none."""
    found = re.search(r'^-- %s: (.+)$' % word, text, re.M)
    return set(found.group(1).split(', ')) if found else set()


def statement(text):
    """Without comments."""
    return re.sub(r"('(?:[^']|'')*')|--[^\n]*", lambda found: found.group(1) or '', text)


def database_of(case):
    return re.search(r'\$\(db ([\w.]+)\)', case).group(1)


def database_at(core, exuvia, cache):
    """Path of the database; 'db' of golden.py makes it where it is not there yet."""
    done = subprocess.run(['sh', '-c', golden.PRELUDE + 'db ' + core], stdout=subprocess.PIPE, check=True, text=True,
                          env=dict(os.environ, EXUVIA=exuvia, CORPUS=golden.CORPUS, CACHE=cache))
    return done.stdout.strip()


def check(name, exuvia, cache):
    with open(os.path.join(RECIPES, name + '.sql')) as file:
        text = file.read()
    first = text.split('\n', 1)[0]
    if not re.match(r'-- [A-Z].*\?( \(.*\))?$', first):
        yield 'the first line is no question: %r' % first
    case = os.path.join(golden.CASES, 'cookbook-%s.sh' % name)
    if not os.path.exists(case):
        yield 'no golden case asks it'
        return
    with open(case) as file:
        script = file.read()
    if not re.search(r'cookbook:%s(:| |$)' % re.escape(name), script, re.M):
        yield 'its golden case asks something else'
    where = database_at(database_of(script), exuvia, cache)
    said = json.loads(subprocess.run([exuvia, 'sql', where, 'cookbook:' + name, '--format', 'json', '-n', '0'],
                                     stdout=subprocess.PIPE, check=True, text=True).stdout)
    if not said:
        yield 'has no rows in its golden database'
    called = {word for word in re.findall(r'\b(\w+)\(', statement(text)) if word in FUNCTIONS}
    if called != marker(text, 'needs'):
        yield 'says that it needs %s, but calls %s' % (sorted(marker(text, 'needs')), sorted(called))
    if not called:
        database = sqlite3.connect('file:%s?mode=ro' % where, uri=True)
        cursor = database.execute(text, {'name': None} if ':name' in text else ())
        columns = [re.sub(r':(size|count|address)$', '', column[0]) for column in cursor.description]
        plain = [list(row) for row in cursor]
        ours = [[row.get(column) for column in columns] for row in said]
        if len(plain) != len(ours):
            yield 'SQLite alone has %d rows, exuvia %d' % (len(plain), len(ours))
        for a, b in zip(plain, ours):
            same = [x == y or isinstance(x, (bytes, float)) or isinstance(y, str) for x, y in zip(a, b)]
            if not all(same):
                yield 'SQLite alone says %r, exuvia %r' % (a, b)
                break


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--exuvia', required=True)
    parser.add_argument('--cache')
    options = parser.parse_args()
    if not os.path.exists(options.exuvia):
        print('SKIP no exuvia at %s' % options.exuvia)
        return 77
    exuvia, failed = os.path.abspath(options.exuvia), 0
    names = sorted(os.path.basename(path)[:-4] for path in glob.glob(os.path.join(RECIPES, '*.sql')))
    with tempfile.TemporaryDirectory(prefix='exuvia-cookbook-') as own:
        cache = golden.cache_of(options.cache, exuvia) if options.cache else own
        os.makedirs(cache, exist_ok=True)
        for name in names:
            complaints = list(check(name, exuvia, cache))
            failed += len(complaints)
            for complaint in complaints:
                print('FAIL %s: %s' % (name, complaint))
        for case in glob.glob(os.path.join(golden.CASES, 'cookbook-*.sh')):
            if os.path.basename(case)[9:-3] not in names:
                failed += 1
                print('FAIL %s: asks nothing of the cookbook' % case)
    print('%d questions' % len(names))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
