#!/usr/bin/env python3
"""The fingerprint of a chain is the same in every run: the demo's incident twice, in folders of other names and depth, with
other sizes and under other hash seeds; and one of the cores without the interpreter's files.

    fingerprint.py --python /usr/bin/python3.11 --exuvia build/exuvia
"""
import json
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import place
import process
import runner

INCIDENT = os.path.join(process.HERE, '..', '..', 'tools', 'demo', 'incident.py')


def chains(options, database, *words):
    said = subprocess.run([options.exuvia, 'chain', database, '--format', 'json', *words], stdout=subprocess.PIPE).stdout
    return json.loads(said or '[]')


def run(options, where, folder, seed, mebibytes):
    os.makedirs(folder)
    incident = shutil.copy(INCIDENT, folder)
    worker = where.start([where.inside(incident), '--mebibytes', str(mebibytes)], stdout=subprocess.PIPE,
                         stdin=subprocess.DEVNULL, cwd=folder,
                         env=dict(os.environ, PYTHONDONTWRITEBYTECODE='1', PYTHONHASHSEED=str(seed)))
    try:
        if worker.stdout.readline().strip() != b'ready':
            raise process.Failure('the incident did not happen')
        core = process.gcore(worker.pid, folder)
    finally:
        worker.kill()
        worker.wait()
    database = os.path.join(folder, 'db')
    process.load(options.exuvia, core, database, where.load_options)
    return core, database


def large(options, database, source):
    """Fingerprints of the chains that say where the memory is."""
    found = chains(options, database, '--from', source, '--to', 'chunks')
    return {c['fingerprint']: ' '.join(s.get('name') or s['type'] for s in c['steps']) for c in found if c['bytes'] > 500000}


def complaints(options, first, second, alone):
    for source in 'traceback', 'root':
        sets = [large(options, database, source) for database in (first, second, alone)]
        for fingerprint, steps in sorted(sets[0].items()):
            print('from %s: %s %s' % (source, fingerprint, steps))
        if not sets[0]:
            yield 'from %s: no chain' % source
        for other, what in zip(sets[1:], ('in another run', 'without the files')):
            for fingerprint in set(sets[0]) ^ set(other):
                yield 'from %s, %s: %s is in one only: %s' % (
                    source, what, fingerprint, sets[0].get(fingerprint) or other.get(fingerprint))


def compared(options):
    where = place.Place(options.python)
    with where.folder() as directory:
        core, first = run(options, where, os.path.join(directory, 'a'), 1, 2)
        _, second = run(options, where, os.path.join(directory, 'another', 'folder', '0x7f12'), 99, 3)
        alone = os.path.join(directory, 'alone.db')
        process.load(options.exuvia, core, alone, ['--sysroot', '/nonexistent'])
        return runner.verdict(list(complaints(options, first, second, alone)), bad='%d differences')



if __name__ == '__main__':
    runner.main(compared, runner.parser(__doc__, sys.executable))
