#!/usr/bin/env python3
"""Nothing is lost: whatever happens to a load, pack or scrub, there is a whole file under the final name or none, what stood there
before is whole, and after the next run nothing else is left in the folder.

    nothing_lost.py --exuvia build/release/exuvia --fail-malloc build/release/tests/support/libexu_fail_malloc.so CASE...

No CASE: all. --moments N: at how many moments of a run it is killed, how many requests for memory are refused.
"""
import argparse
import contextlib
import os
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from bench import CASES, SKIP, Folder, Skip, case

HERE = os.path.dirname(os.path.abspath(__file__))
CORE = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'corpus', '3.9.core.zst')
OLD = b'what was there before'
FIGURES = ('SELECT count(*) FROM object', 'SELECT count(*) FROM reference_row', 'SELECT count(*) FROM anomaly', 'SELECT count(*) FROM content',
           "SELECT value FROM meta WHERE key = 'layout_source'", 'SELECT count(*) FROM chunk', 'SELECT count(*) FROM mapping',
           'SELECT count(*) FROM variable', 'SELECT count(*) FROM finding')


class Bench(Folder):
    """A folder with the core in it, and what must be true of it."""

    def __init__(self, options, directory):
        super().__init__(directory)
        self.options = options
        shutil.copy(CORE, self.path('core'))
        self.figures = options.figures

    def words(self, verb='load', *more):
        if verb == 'scrub':
            return [self.options.exuvia, verb, self.options.given, '-o', 'out', *more]
        return [self.options.exuvia, verb, 'core', '-o', 'out', '--sysroot', '/nonexistent', *more]

    def start(self, words, **more):
        return subprocess.Popen(words, cwd=more.pop('cwd', self.directory), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, errors='replace', **more)

    def run(self, words, **more):
        """Exit status and what it said on standard error."""
        process = self.start(words, **more)
        said = process.communicate()[1]
        return process.returncode, said

    def left(self, directory=None):
        return set(os.listdir(directory or self.directory)) - {'core'}

    def write(self, name, data=OLD):
        with open(self.path(name), 'wb') as file:
            file.write(data)

    def empty(self):
        for name in self.left():
            os.unlink(self.path(name))

    def expect(self, label, directory=None, names=()):
        if self.left(directory) != set(names):
            self.complain('%s: left: %s, expected: %s' % (label, sorted(self.left(directory)), sorted(names)))

    def whole(self, label, name='out', directory=None):
        """The file is a finished database or pack, readable by its owner alone."""
        path = os.path.join(directory or self.directory, name)
        mode = stat.S_IMODE(os.lstat(path).st_mode)
        if mode != 0o600 or not stat.S_ISREG(os.lstat(path).st_mode):
            self.complain('%s: mode %o' % (label, mode))
        with open(path, 'rb') as file:
            head = file.read(16)
        if head.startswith(b'SQLite'):
            db = sqlite3.connect(path)
            said = db.execute('PRAGMA integrity_check').fetchone()[0]
            objects = db.execute('SELECT count(*) FROM object').fetchone()[0]
            finished = db.execute("SELECT count(*) FROM meta WHERE key = 'load_seconds'").fetchone()[0]
            found = [db.execute(query).fetchone()[0] for query in FIGURES]
            db.close()
            if said != 'ok' or not objects or not finished:
                self.complain('%s: not whole: %s, %d objects' % (label, said, objects))
            if found != self.figures:
                self.complain('%s: %s, elsewhere %s' % (label, found, self.figures))
        elif shutil.which('zstd'):
            if subprocess.run(['zstd', '-q', '-t', '-c', path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
                self.complain('%s: the pack is not whole' % label)

    def failed_well(self, label, status, said, directory=None):
        """It went through, or said in plain words that the machine failed it; then nothing is left."""
        if status == 0:
            self.whole(label, directory=directory)
            self.expect(label, directory, ['out'])
        else:
            if status != 4 or not said.startswith('exuvia: ') or said.count('\n') != 1:
                self.complain('%s: exit status %d: %s' % (label, status, said))
            self.expect(label, directory)
        for name in self.left(directory):
            os.unlink(os.path.join(directory or self.directory, name))


def kill_at(bench, words, number, delay, force, seen):
    """What is under the final name afterwards is as before, or whole."""
    label = '%s, %s after %.3f s' % (words[1], signal.Signals(number).name, delay)
    if number != signal.SIGKILL:
        bench.empty()
    if os.path.exists(bench.path('out')):
        os.unlink(bench.path('out'))
    if force:
        bench.write('out')
    process = bench.start(words + ['--force'] * force)
    time.sleep(delay)
    process.send_signal(number)
    process.communicate()
    if process.returncode not in (0, -number):
        bench.complain('%s: exit status %d' % (label, process.returncode))
    seen[process.returncode != 0] += 1
    if not os.path.exists(bench.path('out')):
        if force or process.returncode == 0:
            bench.complain(label + ': what was there before is gone')
    else:
        with open(bench.path('out'), 'rb') as file:
            as_before = file.read(64) == OLD
        if not (as_before and force):
            bench.whole(label)
    if number != signal.SIGKILL:
        bench.expect(label, names=['out'] * os.path.exists(bench.path('out')))
    elif len(bench.left()) > 2:  # each run removes what the one before left
        bench.complain('%s: left: %s' % (label, sorted(bench.left())))


def killed(bench, verb):
    words = bench.words(verb)
    begun = time.monotonic()
    status, said = bench.run(words)
    lasted = time.monotonic() - begun
    if status:
        bench.complain('%s: exit status %d: %s' % (verb, status, said))
        return
    seen = {True: 0, False: 0}
    moments = bench.options.moments
    for number, count in ((signal.SIGKILL, moments), (signal.SIGINT, moments // 4), (signal.SIGTERM, moments // 4),
                          (signal.SIGHUP, moments // 8)):
        for i in range(count):
            kill_at(bench, words, number, lasted * (i + 0.5) / count, i % 2 == 1, seen)
        if os.path.exists(bench.path('out')):
            os.unlink(bench.path('out'))
        status, said = bench.run(words)
        if status:
            bench.complain('%s afterwards: exit status %d: %s' % (verb, status, said))
        bench.expect('%s after %s' % (verb, signal.Signals(number).name), names=['out'])
        bench.whole(verb)
    print('  %s: killed %d times while it ran, %d times it was done' % (verb, seen[True], seen[False]))


@case
def killed_load(bench):
    killed(bench, 'load')


@case
def killed_pack(bench):
    killed(bench, 'pack')


@case
def killed_scrub(bench):
    killed(bench, 'scrub')


@case
def killed_question(bench):
    """A question to a core loads it in a process of its own, which ends with the one that asks."""
    for number in signal.SIGKILL, signal.SIGTERM:
        for delay in 0.1, 0.3, 0.5:
            process = bench.start([bench.options.exuvia, 'types', 'core', '--sysroot', '/nonexistent'])
            time.sleep(delay)
            process.send_signal(number)
            process.communicate()
            deadline = time.monotonic() + 10
            while bench.left() - {'core.db'} and time.monotonic() < deadline:
                time.sleep(0.05)
            if os.path.exists(bench.path('core.db')):
                bench.whole('killed after %.1f s' % delay, 'core.db')
                os.unlink(bench.path('core.db'))
            bench.expect('killed after %.1f s' % delay)


@case
def full_disk(bench):
    """File systems of 100 KB and more, until it fits."""
    if os.geteuid():
        raise Skip('only root can mount')
    there = bench.path('disk')
    os.mkdir(there)
    try:
        for verb in 'load', 'pack', 'scrub':
            size, fitted = 100, False
            while not fitted and size < 1 << 16:
                if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=%dk' % size, 'none', there],
                                  stderr=subprocess.DEVNULL).returncode:
                    raise Skip('mount is not allowed here')
                try:
                    words = bench.words(verb)
                    words[2] = os.path.join(bench.directory, words[2])
                    status, said = bench.run(words, cwd=there)
                    bench.failed_well('%s with %d KB of disk' % (verb, size), status, said, there)
                    fitted = status == 0
                finally:
                    subprocess.run(['umount', there], check=True)
                size = size * 2 if bench.options.moments < 40 else size * 5 // 4
            if not fitted:
                bench.complain('%s needs more than %d KB' % (verb, size))
    finally:
        os.rmdir(there)


@case
def limited_files(bench):
    """RLIMIT_FSIZE, which needs no root."""
    for verb in 'load', 'pack', 'scrub':
        for size in (0, 4096, 100 << 10, 1 << 20, 6 << 20, 1 << 30):
            status, said = bench.run(bench.words(verb), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
            bench.failed_well('%s with files of %d bytes' % (verb, size), status, said)


@case
def limited_memory(bench):
    if bench.options.sanitized:
        raise Skip('the sanitizers need more address space than there is')
    for verb in 'load', 'pack':
        for size in range(16, 321, 16 if bench.options.moments < 40 else 4):
            size <<= 20
            status, said = bench.run(bench.words(verb), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size)))
            if status == 127: # the dynamic linker found no room
                bench.expect('%s in %d MB' % (verb, size >> 20))
                continue
            bench.failed_well('%s in %d MB' % (verb, size >> 20), status, said)
            if status == 0:
                break


@case
def refused_memory(bench):
    """One request for memory fails, or all from one on."""
    if bench.options.sanitized or not os.path.exists(bench.options.fail_malloc):
        raise Skip('the allocator is that of the sanitizers' if bench.options.sanitized else 'no library that refuses memory')
    for verb in bench.options.verbs:
        words = bench.words(verb, '--no-sandbox') # which would not let it write the number
        environment = dict(os.environ, LD_PRELOAD=bench.options.fail_malloc, EXU_FAIL_COUNT=bench.path('core.count'))
        bench.run(words, env=environment)
        with open(bench.path('core.count')) as file:
            requests = int(file.read())
        bench.empty()
        del environment['EXU_FAIL_COUNT']
        moments = bench.options.moments * 2
        steps = sorted({1 + int((requests - 1) * (i / moments) ** 3) for i in range(moments)})
        outcome = {}
        for i, n in enumerate(steps):
            environment['EXU_FAIL_AT'] = str(n)
            environment.pop('EXU_FAIL_REST', None)
            if i % 2:
                environment['EXU_FAIL_REST'] = '1'
            status, said = bench.run(words, env=environment)
            outcome[status] = outcome.get(status, 0) + 1
            bench.failed_well('%s without memory %d%s' % (verb, n, ' and later' * (i % 2)), status, said)
        print('  %s: %d requests for memory; exit statuses: %s' % (verb, requests, outcome))


@case
def names(bench):
    """Links, devices and folders under the final name; modes whatever the umask."""
    load = bench.words()
    bench.write('theirs')
    os.symlink('theirs', bench.path('out'))
    status, said = bench.run(load)
    if status != 2 or 'exists' not in said:
        bench.complain('a link: exit status %d: %s' % (status, said))
    status, said = bench.run(load + ['--force'], preexec_fn=lambda: os.umask(0))
    with open(bench.path('theirs'), 'rb') as file:
        if status or file.read() != OLD:
            bench.complain('a link is followed: exit status %d: %s' % (status, said))
    bench.whole('instead of a link')
    bench.expect('a link', names=['out', 'theirs'])
    os.unlink(bench.path('theirs'))
    os.unlink(bench.path('out'))
    status, said = bench.run(bench.words('pack'), preexec_fn=lambda: os.umask(0o777))
    bench.failed_well('umask 777', status, said)
    os.mkfifo(bench.path('pipe'))
    for name in '/dev/null', 'link', 'pipe':
        if name == 'link':
            os.symlink('/dev/null', bench.path('link'))
        words = load + ['--force']
        words[4] = name
        status, said = bench.run(words)
        if status != 2 or 'not a regular file' not in said:
            bench.complain('%s: exit status %d: %s' % (name, status, said))
    if not stat.S_ISCHR(os.stat('/dev/null').st_mode):
        bench.complain('/dev/null was replaced')
    bench.empty()


@case
def others_journals(bench):
    """What SQLite would apply to the new database."""
    for ending in '-wal', '-journal':
        bench.write('out' + ending)
        for words in bench.words(), bench.words() + ['--force']:
            status, said = bench.run(words)
            if status != 2 or 'out' + ending not in said:
                bench.complain('%s: exit status %d: %s' % (ending, status, said))
        bench.expect(ending, names=['out' + ending])
        bench.empty()


@case
def orphans(bench):
    """Removed: unfinished files of ours that nobody works on. Nothing else."""
    name = 'other.exuvia-%d-0123456789abcdef.tmp'
    bench.write(name % 1)
    keep = {'other.tmp', 'other.exuvia-1-0123.tmp', 'other.exuvia-1-0123456789abcdef.tmp.txt', '.exuvia-1-0123456789abcdef.tmp',
            'other.exuvia--0123456789abcdef.tmp', name % 2, name % 3, name % 4}
    for one in keep - {name % 2, name % 3}:
        bench.write(one)
    os.symlink('core', bench.path(name % 2))
    os.mkfifo(bench.path(name % 3))
    holder = subprocess.Popen(['flock', name % 4, 'sh', '-c', 'echo; read x'], cwd=bench.directory, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
    holder.stdout.read(1)
    if os.geteuid() == 0:
        keep.add(name % 5)
        bench.write(name % 5)
        os.chown(bench.path(name % 5), 65534, 65534)
    status, said = bench.run(bench.words())
    holder.communicate(b'\n')
    if status:
        bench.complain('exit status %d: %s' % (status, said))
    bench.expect('orphans', names=keep | {'out'})
    bench.empty()


@case
def races(bench):
    """Two at once to the same output: one wins, or both with --force; both answer that are given a core for a database."""
    for words, statuses in ((bench.words(), [0, 2]), (bench.words('pack'), [0, 2]), (bench.words() + ['--force'], [0, 0]),
                            ([bench.options.exuvia, 'types', 'core', '--sysroot', '/nonexistent'], [0, 0])):
        pair = [bench.start(words) for _ in range(2)]
        said = [process.communicate() for process in pair]
        if sorted(process.returncode for process in pair) != statuses:
            bench.complain('%s: %s: %s' % (words[1:], [process.returncode for process in pair], [one[1] for one in said]))
        name = 'core.db' if words[1] == 'types' else 'out'
        if name == 'core.db' and (said[0][0] != said[1][0] or not said[0][0]):
            bench.complain('two answers: %r' % said)
        bench.expect(str(words[1:]), names=[name])
        bench.whole(str(words[1:]), name)
        bench.empty()


@case
def open_files(bench):
    """While it runs, all that is open for writing and has a name is the one unfinished file, its owner's alone."""
    folder = bench.path('temporary')
    os.mkdir(folder)
    environment = dict(os.environ, TMPDIR=folder, SQLITE_TMPDIR=folder)
    looks = 0
    for verb in 'load', 'pack':
        process = bench.start(bench.words(verb), env=environment)
        while process.poll() is None:
            try:
                named = bench.left() - {'temporary', 'out'}
                for name in named:
                    looks += 1
                    status = os.lstat(bench.path(name))
                    if not name.startswith('out.exuvia-%d-' % process.pid) or stat.S_IMODE(status.st_mode) != 0o600:
                        bench.complain('%s: %s is there, mode %o' % (verb, name, status.st_mode))
                if len(named) > 1 or os.listdir(folder):
                    bench.complain('%s: %s, %s are there' % (verb, named, os.listdir(folder)))
            except FileNotFoundError:
                pass
            time.sleep(0.002)
        process.communicate()
        os.unlink(bench.path('out'))
    os.rmdir(folder)
    if not looks:
        bench.complain('nothing was seen')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--exuvia')
    parser.add_argument('--fail-malloc', default='absent')
    parser.add_argument('--moments', type=int, default=8)
    parser.add_argument('--verb', dest='verbs', action='append', choices=['load', 'pack', 'scrub'])
    parser.add_argument('--sanitized', action='store_true')
    parser.add_argument('cases', nargs='*')
    options = parser.parse_args()
    options.verbs = options.verbs or ['load', 'pack', 'scrub']
    if not options.exuvia or not os.path.exists(options.exuvia) or not os.path.exists(CORE):
        print('SKIP: no program or no corpus')
        return SKIP
    options.exuvia = os.path.abspath(options.exuvia)
    options.fail_malloc = os.path.abspath(options.fail_malloc)
    options.figures = None
    with tempfile.TemporaryDirectory(prefix='exuvia-lost-') as directory:
        bench = Bench(options, directory)
        bench.run(bench.words())
        options.given = bench.path('out')
        with contextlib.closing(sqlite3.connect(options.given)) as db:
            options.figures = [db.execute(query).fetchone()[0] for query in FIGURES]
        return run_cases(options)


def run_cases(options):
    failed = skipped = 0
    for name in options.cases or CASES:
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix='exuvia-lost-') as directory:
            bench = Bench(options, directory)
            try:
                CASES[name](bench)
                verdict = 'failed' if bench.complaints else 'ok'
            except Skip as why:
                verdict = 'SKIP: %s' % why
                skipped += 1
        print('%-16s %s, %.1f s' % (name, verdict, time.monotonic() - begun), flush=True)
        for complaint in bench.complaints:
            print('    ' + complaint.rstrip())
        failed += bool(bench.complaints)
    return 1 if failed else SKIP if skipped == len(options.cases or CASES) else 0


sys.exit(main())
