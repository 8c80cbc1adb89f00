#!/usr/bin/env python3
"""A pack must be loaded, where none of the files is, into the same database, row for row, as its core where they are.

    pack.py --python PY --exuvia EXUVIA [--dump gcore|kernel|both] [--heap zoo] [--pause LIBRARY]

The pack is loaded in a chroot that holds exuvia, the libraries that it is linked with (under other names than the process had
them) and the pack, so that no file of the process can be opened. Also: a pack of a pack is the same pack; gdb opens what
`zstd -d` makes of it and sees the same threads. Exit status: 0 all agrees, 1 something differs, 77 this machine can't run it.
"""
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time

import oracle
import place
import process
from process import Failure, Skip

# Facts of the input, and of the load.
DIFFER = {'input_name', 'input_bytes', 'input_mtime_ns', 'input_format', 'load_seconds', 'packed_name', 'packed_bytes', 'packed_format',
          'packed_by', 'sandbox'}


def parse():
    options = oracle.dump_parser(__doc__, 'zoo', ('gcore', 'kernel', 'both')).parse_args()
    place.resolve(options)
    return options


def make_jail(exuvia, directory):
    """A folder with exuvia and its libraries alone."""
    jail = os.path.join(directory, 'jail')
    os.makedirs(os.path.join(jail, 'x'))
    os.makedirs(os.path.join(jail, 'var', 'tmp'))
    listed = subprocess.run(['ldd', exuvia], stdout=subprocess.PIPE, text=True, check=True).stdout
    loader = None
    for path in re.findall(r'(/\S+) \(0x', listed):
        shutil.copy(os.path.realpath(path), os.path.join(jail, 'x', os.path.basename(path)))
        if os.path.basename(path).startswith('ld-'):
            loader = os.path.basename(path)
    if not loader:
        raise Skip('ldd names no dynamic linker')
    shutil.copy(exuvia, os.path.join(jail, 'x', 'exuvia'))
    # Sanitizers read the environment there, and LeakSanitizer can't work without /proc.
    os.makedirs(os.path.join(jail, 'proc', 'self'))
    with open(os.path.join(jail, 'proc', 'self', 'environ'), 'w') as file:
        file.write('ASAN_OPTIONS=detect_leaks=0\0')
    return jail, ['/x/' + loader, '--library-path', '/x', '/x/exuvia']


def load_in_jail(jail, command, pack):
    inside = os.path.join(jail, 'pack')
    shutil.copy(pack, inside)
    words = command + ['load', '/pack', '-o', '/pack.db', '--force']
    environment = {'ASAN_OPTIONS': 'detect_leaks=0'}
    if os.geteuid() == 0:
        def enter():
            os.chroot(jail)
            os.chdir('/')
        done = subprocess.run(words, preexec_fn=enter, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    else:
        probe = subprocess.run(['unshare', '-r', 'true'], stderr=subprocess.PIPE)
        if probe.returncode:
            raise Skip('neither root nor user namespaces')
        chroot = shutil.which('chroot') or '/usr/sbin/chroot'
        done = subprocess.run(['unshare', '-r', chroot, jail] + words, env=dict(environment, PATH=os.environ['PATH']),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Failure('load of the pack: exit status %d\n%s' % (done.returncode, done.stdout))
    return os.path.join(jail, 'pack.db')


def compare(first, second):
    """Lines on every table with rows that only one of them has."""
    db = sqlite3.connect(first)
    db.execute('ATTACH ? AS other', (second,))
    tables = {schema: [name for name, in db.execute(
        "SELECT name FROM %s.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%%' ORDER BY 1" % schema)]
        for schema in ('main', 'other')}
    complaints = [] if tables['main'] == tables['other'] else ['the tables differ']
    rows = 0
    for table in tables['main']:
        where = " WHERE key NOT IN ('%s')" % "', '".join(sorted(DIFFER)) if table == 'meta' else ''
        here, there = ('SELECT * FROM %s."%s"%s' % (schema, table, where) for schema in ('main', 'other'))
        count, other = (db.execute('SELECT count(*) FROM (%s)' % query).fetchone()[0] for query in (here, there))
        rows += count
        lost = db.execute('%s EXCEPT %s LIMIT 5' % (here, there)).fetchall()
        new = db.execute('%s EXCEPT %s LIMIT 5' % (there, here)).fetchall()
        if count != other or lost or new:
            complaints.append('%s: %d rows of the core, %d of the pack' % (table, count, other))
            complaints += ['  core: %.300r' % (row,) for row in lost] + ['  pack: %.300r' % (row,) for row in new]
    return rows, complaints


def said_of_input(database):
    return dict(sqlite3.connect(database).execute("SELECT key, value FROM meta WHERE key LIKE 'input_%' OR key LIKE 'packed_%'"))


def threads_in_gdb(core):
    done = subprocess.run(['gdb', '-nx', '-batch', '-ex', 'core-file ' + core, '-ex', 'info threads', '-ex', 'thread apply all -q x/i $pc'],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return sorted(set(re.findall(r'(?:LWP|process) (\d+)', done.stdout))), done.stdout


def check_gdb(core, pack, directory):
    if not shutil.which('gdb') or not shutil.which('zstd'):
        print('SKIP gdb or zstd is not installed')
        return []
    unpacked = os.path.join(directory, 'unpacked')
    subprocess.run(['zstd', '-q', '-d', '-f', pack, '-o', unpacked], check=True)
    (expected, _), (found, output) = threads_in_gdb(core), threads_in_gdb(unpacked)
    os.unlink(unpacked)
    wrong = [line for line in output.splitlines() if 'Cannot access memory' in line or 'not a core dump' in line]
    return (['gdb sees threads %s in the core, %s in the pack' % (expected, found)] if expected != found or not found else []) + wrong


def check(options, core, kind, directory, load_options):
    exuvia = os.path.abspath(options.exuvia)
    database, pack, again = (os.path.join(directory, kind + end) for end in ('.db', '.pack', '.pack2'))
    seconds = process.load(exuvia, core, database, load_options)
    begun = time.monotonic()
    done = subprocess.run([exuvia, 'pack', core, '-o', pack] + load_options, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Failure('pack: exit status %d\n%s' % (done.returncode, done.stdout))
    packing = time.monotonic() - begun
    complaints = [] if os.stat(pack).st_mode & 0o777 == 0o600 else ['the pack can be read by others']
    if subprocess.run([exuvia, 'pack', pack, '-o', again], stdout=subprocess.DEVNULL).returncode:
        complaints.append('the pack cannot be packed')
    with open(pack, 'rb') as one, open(again, 'rb') as two:
        if one.read() != two.read():
            complaints.append('a pack of the pack is another pack')
    jail, command = make_jail(exuvia, directory)
    begun = time.monotonic()
    packed_database = load_in_jail(jail, command, pack)
    loading = time.monotonic() - begun
    rows, differences = compare(database, packed_database)
    complaints += differences
    said, before = said_of_input(packed_database), said_of_input(database)
    if (said['input_format'], said['packed_format'], said['packed_bytes']) != ('pack', before['input_format'], before['input_bytes']):
        complaints.append('what the input was: %s' % said)
    complaints += check_gdb(core, pack, directory)
    layout = sqlite3.connect(database).execute("SELECT value FROM meta WHERE key = 'layout_source'").fetchone()[0]
    print('%s: core %d KiB, pack %d KiB; load %.2f s, pack %.2f s, load of the pack %.2f s; layout from %s; %d rows, %s' % (
        kind, os.path.getsize(core) >> 10, os.path.getsize(pack) >> 10, seconds, packing, loading, layout, rows,
        'the same' if not complaints else 'DIFFERENT'))
    shutil.rmtree(jail)
    return complaints


def run(options, directory):
    if not os.access(options.python, os.X_OK) and not shutil.which(options.python):
        raise Skip('no %s here' % options.python)
    kinds = ('gcore', 'kernel') if options.dump == 'both' else (options.dump,)
    complaints, ran = [], 0
    with process.Subject(options.python, options.heap, oracle.pause_library(options.pause, directory), directory) as subject:
        if subject.loses_memory() and 'gcore' in kinds:
            kinds = ('kernel',)
        for kind in kinds:
            try:
                core = subject.gcore() if kind == 'gcore' else subject.kernel_core()
            except Skip as reason:
                print('SKIP %s: %s' % (kind, reason))
                continue
            complaints += check(options, core, kind, directory, subject.place.load_options + options.load_option)
            ran += 1
    if not ran:
        raise Skip('no dump')
    for line in complaints:
        print(line)
    return not complaints


if __name__ == '__main__':
    sys.exit(oracle.verdict(parse(), run))
