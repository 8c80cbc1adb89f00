#!/usr/bin/env python3
"""Reports of a process with a million objects: below the size that trackers take, whatever is shown, and quickly read.

    large.py --python PYTHON --exuvia build/exuvia [--objects N]
"""
import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import process

sys.path.insert(0, os.path.join(process.HERE, '..', '..', 'tools'))
import bench

MARKDOWN_MOST = 65536  # characters; trackers count them
PAGE_MOST = 2 << 20    # bytes of HTML and JSON


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--python', required=True)
    parser.add_argument('--exuvia', required=True)
    parser.add_argument('--objects', type=int, default=1200000)
    options = parser.parse_args()
    wrong = []
    with tempfile.TemporaryDirectory(prefix='exuvia-large-') as folder:
        database = os.path.join(folder, 'db')
        process.load(options.exuvia, bench.make_core(options.python, options.objects, folder), database, [])
        count = sqlite3.connect(database).execute('SELECT count(*) FROM object').fetchone()[0]
        if count < 1000000:
            wrong.append('%d objects are no million' % count)
        for words in ([], ['--include-content']):
            for ending in ('md', 'html', 'json'):
                path = os.path.join(folder, 'report.' + ending)
                subprocess.run([options.exuvia, 'report', database, '-o', path, '--force'] + words, check=True)
                with open(path, encoding='utf-8') as file:
                    text = file.read()
                print('%d objects, %s: %d characters, %d bytes' % (count, ' '.join([ending] + words), len(text), os.path.getsize(path)))
                if len(text) >= MARKDOWN_MOST if ending == 'md' else os.path.getsize(path) > PAGE_MOST:
                    wrong.append('%s: too large' % ending)
                if ending == 'json':
                    json.loads(text)
                if '__main__.Node' not in text.replace('\\_', '_'):
                    wrong.append('%s: does not name the type of the objects' % ending)
    for line in wrong:
        print('  ' + line)
    print('DIFFERS' if wrong else 'agrees')
    return bool(wrong)


if __name__ == '__main__':
    sys.exit(main())
