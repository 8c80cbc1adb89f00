#!/usr/bin/env python3
"""The demo's incident must be answered: the chain from the record that a logging handler keeps, through the frame that
read, down to the pieces, with their number and bytes.

    demo.py --python /usr/bin/python3.11 --exuvia build/exuvia
"""
import argparse
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
import place
import process

INCIDENT = os.path.join(process.HERE, '..', '..', 'tools', 'demo', 'incident.py')
MEBIBYTES = 4
PIECES = MEBIBYTES * 128


def answer(options, directory, where):
    incident, = where.visible([INCIDENT], directory)
    worker = where.start([incident, '--mebibytes', str(MEBIBYTES)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                         env=dict(os.environ, PYTHONDONTWRITEBYTECODE='1'))
    try:
        if worker.stdout.readline().strip() != b'ready':
            raise process.Failure('the incident did not happen')
        core = process.gcore(worker.pid, directory)
    finally:
        worker.kill()
        worker.wait()
    database = os.path.join(directory, 'db')
    process.load(options.exuvia, core, database, where.load_options)
    said = subprocess.run([options.exuvia, 'chain', database, '--from', 'traceback', '--to', 'chunks', '-n', '8',
                           '--format', 'json'], stdout=subprocess.PIPE, check=True).stdout
    return json.loads(said)


def expectations(where):
    """(local, type, number) of what the chains end in: the pieces are kept one by one in a list, in the list of 2.7's
    StringIO.StringIO (a cStringIO has one buffer) and in that of io.StringIO up to 3.11; from 3.12 on it holds one str that grows."""
    says = 'import sys; print("%d %d" % sys.version_info[:2])'
    version = tuple(int(n) for n in where.ask(says).split())
    if version[0] == 2:
        return ('pieces', 'str', PIECES), ('body', 'unicode', PIECES), ('raw', 'cStringIO.StringO', 1)
    return ('pieces', 'bytes', PIECES), ('body', 'str', PIECES if version < (3, 12) else 1)


def complaints(chains, expected):
    for local, kind, count in expected:
        found = [c for c in chains if c['count'] == count and c['bytes'] >= MEBIBYTES << 20 and
                 any(s.get('kind') == 'local' and s.get('name') == local for s in c['steps'])]
        if len(found) != 1:
            yield '%d chains lead through the local %r to %d objects of %d MiB' % (len(found), local, count, MEBIBYTES)
            continue
        steps = found[0]['steps']
        if steps[-1]['type'] != kind:
            yield '%s: the pieces are %s, not %s' % (local, steps[-1]['type'], kind)
        kinds = [s['type'].rpartition('.')[2] for s in found[0].get('held_by', []) + steps]
        for wanted in ('LastRecord', 'LogRecord', 'traceback', 'frame'):
            if wanted not in kinds:
                yield '%s: the chain does not show a %s: %s' % (local, wanted, kinds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--python', default=sys.executable)
    parser.add_argument('--exuvia', required=True)
    place.add_options(parser)
    options = parser.parse_args()
    place.resolve(options)
    if not os.path.exists(options.exuvia) or not os.access(options.python, os.X_OK):
        print('SKIP no %s or no %s' % (options.exuvia, options.python))
        return process.SKIP
    try:
        where = place.Place(options.python)
        with where.folder() as directory:
            chains = answer(options, directory, where)
    except process.Skip as reason:
        print('SKIP %s' % reason)
        return process.SKIP
    except process.Failure as reason:
        print('FAILED %s' % reason)
        return 1
    wrong = list(complaints(chains, expectations(where)))
    for line in wrong:
        print('FAILED ' + line)
    if wrong:
        print(json.dumps(chains, indent=1))
    print('answered' if not wrong else 'not answered')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
