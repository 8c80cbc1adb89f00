#!/usr/bin/env python3
"""The demo's incident must be answered: the chain from the record that a logging handler keeps, through the frame that
read, down to the pieces, with their number and bytes.

    demo.py --python /usr/bin/python3.11 --exuvia build/exuvia
"""
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
import place
import process
import runner

INCIDENT = os.path.join(process.HERE, '..', '..', 'tools', 'demo', 'incident.py')
MEBIBYTES = 4
PIECES = MEBIBYTES * 128


def answer(options, directory, where):
    incident, = where.visible([INCIDENT], directory)
    with runner.standing(where, [incident, '--mebibytes', str(MEBIBYTES)], b'ready', 'the incident did not happen',
                         env=dict(os.environ, PYTHONDONTWRITEBYTECODE='1')) as worker:
        core = process.gcore(worker.pid, directory)
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


def run(options):
    where = place.Place(options.python)
    with where.folder() as directory:
        chains = answer(options, directory, where)
    wrong = list(complaints(chains, expectations(where)))
    if wrong:
        print(json.dumps(chains, indent=1))
    return runner.verdict(wrong, 'answered', 'not answered')



if __name__ == '__main__':
    runner.main(run, runner.parser(__doc__, sys.executable))
