#!/usr/bin/env python3
"""A process in which another malloc takes glibc's place, by LD_PRELOAD: it is named, its memory is one line of the ledger,
and of glibc's malloc nothing is made up. What does not depend on it, objects and obmalloc, is as exact as ever. Where
the library is only loaded into a process (dlopen), glibc's malloc is read as always.

    other_malloc.py --library jemalloc --python /usr/bin/python3.11 --exuvia build/release/exuvia --pause LIBRARY

Exit status: 0 all agrees, 1 something differs, 77 this machine can't run it.
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import place
import process
import runner
from checker import Check
from malloc_check import Memory

FILES = {'jemalloc': 'libjemalloc.so.*', 'tcmalloc': 'libtcmalloc_minimal.so.*', 'mimalloc': 'libmimalloc.so.*'}
FOLDERS = ('/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib', '/usr/local/lib')
LEAST = 700 * 2 // 3 * 120000      # of it the heap `churned` keeps in use
LOADER = '''import ctypes, sys
try:
    ctypes.CDLL(%r)
except OSError as reason:          # jemalloc: too much thread-local data for a library that comes late
    sys.stdout.write('SKIP %%s\\n' %% reason)
    sys.stdout.flush()
'''


def library_of(name):
    found = [path for folder in FOLDERS for path in sorted(glob.glob(os.path.join(folder, FILES[name])))]
    if not found:
        raise process.Skip('no %s here' % FILES[name])
    return found[0]


def writable_and_anonymous(pid):
    total = 0
    with open('/proc/%d/maps' % pid) as file:
        for line in file:
            words = line.split()
            if words[1].startswith('rw') and (len(words) < 6 or words[5] == '[heap]'):
                start, _, end = words[0].partition('-')
                total += int(end, 16) - int(start, 16)
    return total


def examine(options, directory, environment, ask):
    """Runs, dumps, loads, checks all that the oracle checks; `ask` adds the rest. True: all agrees."""
    with process.Subject(options.python, 'churned', os.path.abspath(options.pause), directory, environment) as subject:
        complaints = process.agrees_with_child(subject)
        with open('/proc/%d/maps' % subject.pid) as file:
            if options.path not in file.read().replace(os.path.realpath(options.path), options.path):
                raise process.Failure('the subject runs without %s' % options.path)
        writable = writable_and_anonymous(subject.pid)
        core = subject.gcore()
        database = os.path.join(directory, 'db')
        seconds = process.load(os.path.abspath(options.exuvia), core, database)
    check = Check(subject.record, database, memory=Memory(core))
    check.run()
    ask(check, check.measure('other malloc'), writable)
    print('%d objects, loaded in %.2f s' % (len(subject.record['objects']), seconds))
    for complaint in complaints:
        print('  the oracle is wrong: ' + complaint)
    return check.report(sys.stdout, False) and not complaints


def replaced(options, directory):
    def ask(check, measure, writable):
        def one(query, *values):
            return check.db.execute(query, values).fetchone()[0]

        def expect(what, found, expected):
            measure.expect(found == expected, 'database', '%s: %r, not %r' % (what, found, expected))

        said = check.record['malloc']
        measure.expect(said['rest'][1] == 0 and said['mmap'][0] == 0, 'process', 'glibc has %r' % (said,))
        expect('c_allocator', one("SELECT value FROM meta WHERE key = 'c_allocator'"), options.library)
        version = one("SELECT value FROM meta WHERE key = 'c_allocator_version'")
        expect('its version', bool(version) and version.startswith(options.library + ' ') and any(c.isdigit() for c in version), True)
        shown = subprocess.run([options.exuvia, 'info', os.path.join(directory, 'db'), '--format', 'json'], check=True,
                               stdout=subprocess.PIPE).stdout
        expect('exuvia info', json.loads(shown).get('c_allocator'), options.library)
        for table in ('chunk', 'malloc_arena', 'malloc_heap'):
            expect('rows of ' + table, one('SELECT count(*) FROM ' + table), 0)
        expect('blocks of malloc', one("SELECT count(*) FROM block_owner WHERE allocator = 'malloc'"), 0)
        expect("malloc's lines of the ledger", one("SELECT count(*) FROM ledger WHERE category LIKE 'malloc: %'"), 0)
        expect('lines of what is unknown', one("SELECT count(*) FROM ledger WHERE category = 'unknown'"), 0)
        lines = check.db.execute("SELECT category, bytes FROM ledger WHERE category LIKE '%: not broken down'").fetchall()
        expect('its lines', [category.partition(',')[0] for category, _bytes in lines], [options.library])
        arenas = one('SELECT sum(size) FROM arena')
        size = lines[0][1] if lines else 0
        measure.expect(LEAST <= size <= writable - arenas, 'ledger', '%d bytes, not %d to %d' % (size, LEAST, writable - arenas))
        expect('objects in chunks', one("SELECT count(*) FROM object WHERE storage IN ('malloc', 'mmap')"), 0)
        expect('anomalies', check.db.execute("SELECT kind FROM anomaly").fetchall(), [('no-malloc',)])

    return examine(options, directory, {'LD_PRELOAD': options.path}, ask)


def loaded(options, directory):
    with open(os.path.join(directory, 'sitecustomize.py'), 'w') as file:
        file.write(LOADER % options.path)

    def ask(check, measure, _writable):
        name, = check.db.execute("SELECT value FROM meta WHERE key = 'c_allocator'").fetchone()
        measure.expect(name == 'glibc', 'database', 'c_allocator is %r' % name)
        measure.expect(check.db.execute('SELECT count(*) FROM chunk').fetchone()[0] > 1000, 'database', 'next to no chunks')

    return examine(options, directory, {'PYTHONPATH': directory}, ask)


def run(options):
    good = True
    if place.Place(options.python).root:
        raise process.Skip("the library is not in the chroot")
    options.path = library_of(options.library)
    for title, part in (('preloaded', replaced), ('loaded', loaded)):
        print('%s, %s' % (options.path, title))
        with tempfile.TemporaryDirectory(prefix='exuvia-malloc-') as directory:
            try:
                good = part(options, directory) and good
            except process.Skip as reason:
                if part is replaced:
                    raise
                print('  not tried: %s' % reason)
    print('agrees' if good else 'DIFFERS')
    return 0 if good else 1


def parser():
    made = runner.parser(__doc__, sys.executable)
    made.add_argument('--library', choices=sorted(FILES), required=True)
    made.add_argument('--pause', required=True)
    return made



if __name__ == '__main__':
    runner.main(run, parser())
