#!/usr/bin/env python3
"""The fork oracle: a process builds a heap and forks, its child is dumped, and the database made from the dump must
say what the process says of itself.

    oracle.py --python /usr/bin/python3.11 --exuvia build/src/cli/exuvia --heap zoo [--dump gcore] [--keep DIR]

Exit status: 0 all agrees, 1 something differs, 77 this machine can't run it. `--selfcheck` asks only whether the
oracle itself is right (its record against the child's memory) and needs no exuvia.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

import alone
import place
import process
from checker import Check
from malloc_check import Memory
from process import Failure, Skip


def dump_parser(description, heap, dumps):
    """The options of scripts that dump a heap."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--python', default=sys.executable, help='the interpreter under test')
    parser.add_argument('--exuvia', help='the program under test')
    parser.add_argument('--heap', default=heap, help='see heaps.py')
    parser.add_argument('--dump', choices=dumps, default='both')
    parser.add_argument('--pause', help='the built pause library (else cc makes one)')
    parser.add_argument('--keep', metavar='DIR', help='leave core, record and database there')
    parser.add_argument('--load-option', action='append', default=[], help='one more word for exuvia load')
    place.add_options(parser)
    return parser


def parse():
    parser = dump_parser(__doc__, 'plain', ('gcore', 'kernel', 'both', 'snapshot'))
    parser.add_argument('--env', action='append', default=[], metavar='NAME=VALUE', help='for the subject')
    parser.add_argument('--strip', action='store_true', help='a copy of the interpreter, without symbols and DWARF')
    parser.add_argument('--brief', action='store_true', help='only the commonest types of what is wrong')
    parser.add_argument('--selfcheck', action='store_true')
    options = parser.parse_args()
    place.resolve(options)
    return options


def pause_library(given, directory):
    if given:
        return os.path.abspath(given)
    compiler = shutil.which('cc') or shutil.which('gcc')
    if not compiler:
        raise Skip('no C compiler for the pause library')
    path = os.path.join(directory, 'pause.so')
    subprocess.run([compiler, '-shared', '-fPIC', '-o', path, os.path.join(process.HERE, 'pause.c')], check=True)
    return path


def stripped(python, directory):
    """The path of a stripped copy, and what its environment needs."""
    if not shutil.which('strip'):
        raise Skip('strip (binutils) is not installed')
    home, command, environment = alone.copy_interpreter(python, directory)
    files = command + [os.path.join(folder, name) for folder, _, names in os.walk(home) for name in names if '.so' in name]
    subprocess.run(['strip'] + files, check=True)
    return command[0], {name: environment[name] for name in ('PYTHONHOME', 'LD_LIBRARY_PATH')}


def take_snapshot(options, subject):
    """The snapshot, and the core that is in it. No file of the process is looked at when it is loaded."""
    path = os.path.join(subject.directory, 'snapshot')
    done = subprocess.run([os.path.abspath(options.exuvia), 'snapshot', str(subject.pid), '-o', path], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Failure('exuvia snapshot failed: ' + done.stdout)
    print(done.stdout.strip())
    if not shutil.which('zstd'):
        raise Skip('zstd is not installed')
    subprocess.run(['zstd', '-dqf', path, '-o', path + '.core'], check=True)
    return path, path + '.core'


def run(options, directory):
    if not os.access(options.python, os.X_OK) and not shutil.which(options.python):
        raise Skip('no %s here' % options.python)
    environment = dict(pair.partition('=')[::2] for pair in options.env)
    pause = pause_library(options.pause, directory)
    if options.strip:
        copies = place.Place(options.python).folder(directory)
        options.python, more = stripped(options.python, copies.name)
        environment.update(more)
    good, skipped = True, []
    with process.Subject(options.python, options.heap, pause, directory, environment) as subject:
        record = subject.record
        print('oracle: heap %s, Python %s, %d objects' % (options.heap, record['version'].split()[0], len(record['objects'])))
        for complaint in process.agrees_with_child(subject):
            print('  the oracle is wrong: ' + complaint)
            good = False
        if options.selfcheck:
            return good
        kinds = ('gcore', 'kernel') if options.dump == 'both' else (options.dump,)
        if 'gcore' in kinds and subject.loses_memory():
            print("gcore would lose what lies behind guard pages: the kernel's core instead")
            kinds = ('kernel',)
        ran = 0
        for kind in kinds:
            try:
                core = whole = subject.gcore() if kind == 'gcore' else subject.kernel_core() if kind == 'kernel' else None
                if kind == 'snapshot':
                    core, whole = take_snapshot(options, subject)
            except Skip as reason:
                skipped.append('%s: %s' % (kind, reason))
                continue
            database = os.path.join(directory, kind + '.db')
            seconds = process.load(os.path.abspath(options.exuvia), core, database,
                                   (['--sysroot', '/nonexistent'] if kind == 'snapshot' else subject.place.load_options) +
                                   options.load_option)
            print('%s: %d KiB, loaded in %.2f s' % (kind, os.path.getsize(core) >> 10, seconds))
            check = Check(record, database, memory=Memory(whole), exuvia=os.path.abspath(options.exuvia))
            check.run()
            good = check.report(sys.stdout, not options.brief) and good
            ran += 1
            if not options.keep:
                os.unlink(core)
        for reason in skipped:
            print('SKIP ' + reason)
        if not ran:
            raise Skip('; '.join(skipped))
    return good


def verdict(options, run):
    """The exit status of `run`, in --keep or a temporary folder."""
    if not getattr(options, 'selfcheck', False) and not (options.exuvia and os.path.exists(options.exuvia)):
        print('SKIP no exuvia at %s' % options.exuvia)
        return process.SKIP
    sys.stdout.reconfigure(errors='backslashreplace')
    try:
        if options.keep:
            os.makedirs(options.keep, exist_ok=True)
            good = run(options, os.path.abspath(options.keep))
        else:
            with tempfile.TemporaryDirectory(prefix='exuvia-oracle-') as directory:
                good = run(options, directory)
    except Skip as reason:
        print('SKIP %s' % reason)
        return process.SKIP
    except Failure as reason:
        print('FAILED %s' % reason)
        return 1
    print('agrees' if good else 'DIFFERS')
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(verdict(parse(), run))
