#!/usr/bin/env python3
"""Holds the database made from a core of corpus/ against what the process said of itself when the core was made. No
file of that machine is needed: --sysroot leads nowhere.

    corpus.py --exuvia build/exuvia 3.8
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import process
from checker import Check

CORPUS = os.path.join(process.HERE, '..', '..', 'corpus')
BY_ADDRESS = ('values', 'items', 'attributes', 'slots', 'cells', 'weak', 'exceptions', 'tracebacks', 'generators',
              'frames', 'dicts', 'types', 'refcounts', 'pools', 'methods_del', 'callbacks')


def bytes_back(value):
    return bytes.fromhex(value['bytes']) if set(value) == {'bytes'} else value


def record_of(name):
    if not shutil.which('zstd'):
        raise process.Skip('zstd is not installed')
    packed = os.path.join(CORPUS, name + '.json.zst')
    text = subprocess.run(['zstd', '-dcq', packed], stdout=subprocess.PIPE, check=True).stdout
    record = json.loads(text, object_hook=bytes_back)
    for key in BY_ADDRESS:
        if key in record: # an older corpus lacks the last ones
            record[key] = {int(address): value for address, value in record[key].items()}
    return record


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--exuvia', required=True)
    parser.add_argument('name')
    options = parser.parse_args()
    if not os.path.exists(options.exuvia):
        print('SKIP no exuvia at %s' % options.exuvia)
        return process.SKIP
    try:
        record = record_of(options.name)
        with tempfile.TemporaryDirectory(prefix='exuvia-corpus-') as directory:
            database = os.path.join(directory, 'db')
            core = os.path.join(CORPUS, options.name + '.core.zst')
            seconds = process.load(os.path.abspath(options.exuvia), core, database, ['--sysroot', '/nonexistent'])
            print('%s: %d objects, loaded in %.2f s' % (options.name, len(record['objects']), seconds))
            check = Check(record, database, alone=True)
            check.run()
            good = check.report(sys.stdout)
            check.db.close()
    except process.Skip as reason:
        print('SKIP %s' % reason)
        return process.SKIP
    except process.Failure as reason:
        print('FAILED %s' % reason)
        return 1
    print('agrees' if good else 'DIFFERS')
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
