#!/usr/bin/env python3
"""Golden tests of the command line: cases/NAME.sh is run in an empty directory; what it printed and its exit status
must be cases/NAME.expected.

    golden.py --exuvia build/src/cli/exuvia NAME...        runs them; no NAME: all
    golden.py --exuvia ... --update NAME...               writes what they print now (look at it before you commit)

A case sees $EXUVIA, $CORPUS, and what `$EXUVIA load` makes of a corpus core is kept between cases: `db NAME` prints
the path of the database. Times and the directory are masked.
"""
import argparse
import difflib
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, 'cases')
CORPUS = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'corpus')
PRELUDE = r'''
db() {
    if [ ! "$CACHE/$1.db" -nt "$CORPUS/$1.core.zst" ]; then
        "$EXUVIA" load "$CORPUS/$1.core.zst" -o "$CACHE/$1.$$" --sysroot /nonexistent --progress never >"$CACHE/$1.log" 2>&1 ||
            { cat "$CACHE/$1.log"; exit 99; }
        mv -f "$CACHE/$1.$$" "$CACHE/$1.db" # tests run side by side
    fi
    printf '%s\n' "$CACHE/$1.db"
}
'''


def cache_of(folder, exuvia):
    """The databases of one build of exuvia."""
    facts = os.stat(exuvia)
    return os.path.join(folder, '%d-%d' % (facts.st_mtime_ns, facts.st_size))


def run(name, exuvia, cache):
    with tempfile.TemporaryDirectory(prefix='exuvia-golden-') as directory:
        with open(os.path.join(CASES, name + '.sh')) as file:
            script = PRELUDE + file.read()
        env = {'PATH': os.environ['PATH'], 'EXUVIA': exuvia, 'CORPUS': CORPUS, 'CACHE': cache, 'LC_ALL': 'C.UTF-8',
               'COLUMNS': '120', 'HOME': directory}
        for kept in ('ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS'):
            if kept in os.environ:
                env[kept] = os.environ[kept]
        done = subprocess.run(['sh', '-c', script], cwd=directory, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = done.stdout.decode('utf-8', 'backslashreplace')
        for path, mask in ((directory, '<dir>'), (cache, '<cache>'), (CORPUS, '<corpus>'), (exuvia, 'exuvia')):
            said = said.replace(path, mask)
        said = re.sub(r'\b\d+(\.\d+)? ?(s|ms|seconds?)\b', '<time>', said)
        left = sorted(os.listdir(directory))
        return '%s[exit %d]\n[left behind: %s]\n' % (said, done.returncode, ' '.join(left) or 'nothing')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--exuvia', required=True)
    parser.add_argument('--cache', help='directory for the databases that this build of exuvia makes, shared between runs')
    parser.add_argument('--update', action='store_true')
    parser.add_argument('names', nargs='*')
    options = parser.parse_args()
    if not os.path.exists(options.exuvia):
        print('SKIP no exuvia at %s' % options.exuvia)
        return 77
    names = options.names or sorted(n[:-3] for n in os.listdir(CASES) if n.endswith('.sh'))
    failed = 0
    with tempfile.TemporaryDirectory(prefix='exuvia-golden-cache-') as own:
        cache = own
        if options.cache:
            cache = cache_of(options.cache, options.exuvia)
        os.makedirs(cache, exist_ok=True)
        for name in names:
            said = run(name, os.path.abspath(options.exuvia), cache)
            path = os.path.join(CASES, name + '.expected')
            if options.update:
                with open(path, 'w') as file:
                    file.write(said)
                print('wrote %s' % path)
                continue
            try:
                with open(path) as file:
                    expected = file.read()
            except FileNotFoundError:
                expected = ''
            good = said == expected
            print('%s %s' % ('ok  ' if good else 'FAIL', name))
            if not good:
                failed += 1
                sys.stdout.writelines(difflib.unified_diff(expected.splitlines(True), said.splitlines(True),
                                                           'expected', 'said'))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
