#!/usr/bin/env python3
"""Replays damaged cores (tools/mutilate.py) through exuvia load and the questions about what it wrote.

    replay.py --exuvia build/asan/exuvia --count 60 corpus/plain.core.zst
    replay.py --exuvia build/release/exuvia --count 10000 --ask 1 --keep DIR corpus/*.core.zst    the long run
    replay.py --exuvia build/asan/exuvia --seed 4711 --keep DIR CORE                             one of them again

Of every damaged core is expected: exit status 0, 1 or 3; no signal, no report of a sanitizer; of load and of every
question, not more than ten times the processor time and twice the memory that loading the whole core takes; a database
that SQLite calls whole; nothing left behind but that. The worst of both is told at the end, as parts of these bounds.
Without a core it makes one (needs gdb and a CPython 3.11, exits 77 otherwise). Best with a build
with -DEXU_SANITIZE=ON. `--keep` saves the cores that failed.
"""
import argparse
import atexit
import glob
import json
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, 'tools'))

import mutilate

QUESTIONS = {
    'info': ['info'],
    'threads': ['threads', '--locals'],
    'async': ['threads', '--async'],
    'types': ['types'],
    'chain': ['chain', '--to', 'chunks'],
    'show': ['show', '#1'],
    'referrers': ['referrers', '#1'],
    'report': ['report', '-o', '-', '--format', 'html', '--include-content'],
    'integrity': ['sql', 'pragma integrity_check'],
    'count': ['sql', 'select count(*) from object'],
}
TIMES_SECONDS, TIMES_MEMORY = 10, 2     # what the whole core's load takes, so many times, is the bound
LEAST_SECONDS = 1.0                     # of processor time: below it, ten times is noise
WALL_LIMIT = 120                        # a machine may be busy
SKIP = 77
FRAMES = 'frames'                       # a kind of damage of our own


class Failure(Exception):
    pass


def environment():
    env = dict(os.environ)
    suppressions = os.path.join(TOP, 'tests', 'fuzz', 'leaks.supp')
    env['LSAN_OPTIONS'] = f'suppressions={suppressions}:print_suppressions=0'
    env.setdefault('ASAN_OPTIONS', 'detect_stack_use_after_return=1:strict_string_checks=1:allocator_may_return_null=1:'
                   'quarantine_size_mb=8')  # what is freed would count as memory
    env.setdefault('UBSAN_OPTIONS', 'print_stacktrace=1')
    env['EXUVIA_COLOR'] = 'never'
    return env


def launch():
    """Runs what standard input asks for, a line of JSON each. A process of its own because the peak memory of a child
    begins with what its parent has, and who damages cores has much."""
    for line in sys.stdin:
        arguments, folder, env = json.loads(line)
        with open(os.path.join(folder, 'stdout'), 'wb') as out, open(os.path.join(folder, 'stderr'), 'wb') as err:
            child = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder, env=env,
                                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
            deadline, pid = time.monotonic() + WALL_LIMIT, 0
            while not pid and time.monotonic() < deadline:
                time.sleep(0.002)
                pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if not pid:
                os.kill(child.pid, signal.SIGKILL)
                _pid, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        print(json.dumps([child.returncode if pid else 'not done', usage.ru_utime + usage.ru_stime,
                          usage.ru_maxrss * 1024]), flush=True)


launchers = {}  # by process: those that are forked from this one need their own


def run(arguments, folder):
    """(status, output, errors, processor seconds, peak memory)"""
    launcher = launchers.get(os.getpid())
    if not launcher:
        launcher = launchers[os.getpid()] = subprocess.Popen([sys.executable, os.path.abspath(__file__), '--launch'],
                                                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        atexit.register(launcher.stdin.close)
    launcher.stdin.write(json.dumps([arguments, folder, environment()]) + '\n')
    launcher.stdin.flush()
    status, seconds, memory = json.loads(launcher.stdout.readline())
    results = []
    for name in ('stdout', 'stderr'):
        path = os.path.join(folder, name)
        with open(path, 'rb') as file:
            results.append(file.read().decode('utf-8', 'replace'))
        os.unlink(path)
    if status == 'not done':
        raise Failure(f'not done after {WALL_LIMIT} s: {" ".join(arguments[1:])}\n{results[1]}')
    return (status, *results, seconds, memory)


class Worst:
    """The largest part of a bound that anything took: (part, of which program)."""

    def __init__(self, time=(0.0, ''), memory=(0.0, '')):
        self.time, self.memory = time, memory

    def add(self, other):
        self.time, self.memory = max(self.time, other.time), max(self.memory, other.memory)


def examine(name, result, clean, statuses, worst):
    """`clean`: what loading the whole core took, (seconds, memory), or None."""
    status, out, err, seconds, memory = result
    for mark in ('Sanitizer', 'runtime error:'):
        if mark in err:
            raise Failure(f'{name}: {err}')
    if status not in statuses:
        raise Failure(f'{name}: exit status {status}\n{err}')
    if status == 3 and not err.startswith('exuvia: '):
        raise Failure(f'{name}: no message\n{err}')
    if not clean:
        return
    worst.add(Worst((seconds / clean[0], name), (memory / clean[1], name)))
    if seconds > max(TIMES_SECONDS * clean[0], LEAST_SECONDS):
        raise Failure(f'{name}: {seconds:.1f} s of processor time, loading the whole core takes {clean[0]:.1f} s')
    if memory > TIMES_MEMORY * clean[1]:
        raise Failure(f'{name}: {memory >> 20} MB of memory, loading the whole core takes {clean[1] >> 20} MB')


def replay(exuvia, core, folder, clean, questions, worst):
    """Loads the core in `folder` and asks; returns the results by name."""
    results = {}
    database = os.path.join(folder, 'damaged.db')
    load = results['load'] = run([exuvia, 'load', core, '-o', database, '--progress', 'never'], folder)
    examine('load', load, clean, (0, 3), worst)
    left = set(os.listdir(folder)) - {os.path.basename(core)}
    if left != ({'damaged.db'} if load[0] == 0 else set()):
        raise Failure(f'load, exit status {load[0]}: left behind are {sorted(left)}')
    if load[0]:
        return results
    for name in questions:
        words = QUESTIONS[name]
        result = results[name] = run([exuvia, words[0], database, *words[1:]], folder)
        examine(name, result, clean, (0, 1) if name != 'integrity' else (0,), worst)
    lines = results['integrity'][1].split()
    if 'ok' not in lines:
        raise Failure(f'integrity_check: {results["integrity"][1]}')
    os.unlink(database)
    return results


def damage_frames(path, seed, say):
    """A pack whose file is damaged, not the core in it: bytes of frames, of the seek table, or its end."""
    rng = random.Random(seed)
    with open(path, 'rb') as file:
        data = bytearray(file.read())
    frames = struct.unpack_from('<I', data, len(data) - 9)[0]
    table = len(data) - 9 - 8 * frames
    for _ in range(rng.choice((1, 1, 2, 5))):
        kind = rng.choice(('bytes', 'bytes', 'word of the table', 'footer', 'cut'))
        first, last = {'bytes': (0, table), 'word of the table': (table - 8, len(data) - 9), 'footer': (len(data) - 9, len(data)),
                       'cut': (len(data) * 3 // 4, len(data))}[kind]
        at = rng.randrange(first, last)
        n = {'bytes': rng.choice((1, 4, 64)), 'cut': len(data)}.get(kind, 1)
        say(f'{kind} at {at}: {n}')
        if kind == 'cut':
            return data[:at]
        data[at:at + n] = bytes(b ^ rng.randrange(1, 256) for b in data[at:at + n])
    return data


heaps = {}  # of this worker: indexing one takes seconds
HEAPS_KEPT = 4


def one(job):
    exuvia, path, seed, kinds, clean, keep, ask = job
    frames = kinds == [FRAMES]
    if not frames and path not in heaps:
        if len(heaps) >= HEAPS_KEPT:
            heaps.pop(next(iter(heaps)))
        heaps[path] = mutilate.Heap(mutilate.read_core(path))
    lines, worst = [], Worst()
    questions = [q for q in QUESTIONS if q != 'integrity']
    if ask is not None:
        questions = random.Random(seed).sample(questions, min(ask, len(questions)))
    folder = tempfile.mkdtemp(prefix='exuvia-fuzz-')
    try:
        core = os.path.join(folder, 'damaged.core')
        with open(core, 'wb') as file:
            file.write(damage_frames(path, seed, lines.append) if frames
                       else mutilate.mutilate(heaps[path], seed, kinds, say=lines.append))
        try:
            results = replay(exuvia, core, folder, clean, questions + ['integrity'], worst)
            return seed, path, None, lines, results['load'][0], worst
        except Failure as failure:
            if keep:
                shutil.copy(core, os.path.join(keep, f'{os.path.basename(path)}.{seed}'))
            return seed, path, str(failure), lines, None, worst
    finally:
        shutil.rmtree(folder)


SUBJECT = r'''
import collections, io, os, sys, threading, time
def worker(depth):
    if depth: return worker(depth - 1)
    try:
        {}['missing']
    except KeyError as error:
        kept.append(error); ready.set(); time.sleep(1000)
def generate():
    yield from range(10)
kept, ready = [], threading.Event()
buffer = io.StringIO()
for i in range(100): buffer.write('piece %d ' % i)
queue = collections.deque(str(i) for i in range(500))
class Slots: __slots__ = 'a', 'b'
class Plain: pass
things = [Slots(), Plain(), generate(), {i for i in range(99)}, collections.OrderedDict(a=1), memoryview(b'x'), 2 ** 200]
things[1].attribute = things; next(things[2])
threading.Thread(target=worker, args=(20,), daemon=True).start()
ready.wait(); print(flush=True); time.sleep(1000)
'''


def make_core(folder):
    """A core of a small process; None when this machine has no gdb or no CPython 3.11."""
    python = next((p for p in ('/usr/bin/python3.11', shutil.which('python3.11'), sys.executable)
                   if p and os.path.exists(p) and subprocess.run(
                       [p, '-c', 'import sys; sys.exit(sys.version_info[:2] != (3, 11))']).returncode == 0), None)
    gcore = shutil.which('gcore')
    if not python or not gcore:
        return None
    child = subprocess.Popen([python, '-S', '-E', '-I', '-c', SUBJECT], stdout=subprocess.PIPE)
    try:
        child.stdout.readline()
        path = os.path.join(folder, 'made.core')
        subprocess.run([gcore, '-o', path, str(child.pid)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        os.rename(f'{path}.{child.pid}', path)
        return path
    except (subprocess.CalledProcessError, OSError) as error:
        print(f'gcore: {error}')
        return None
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def pack(exuvia, core, folder):
    path = os.path.join(folder, os.path.basename(core).replace('.core', '.pack'))
    path += '' if path.endswith('.zst') else '.zst'
    subprocess.run([exuvia, 'pack', core, '-o', path, '--progress', 'never'], check=True, env=environment(),
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('cores', nargs='*')
    parser.add_argument('--exuvia', required=True)
    parser.add_argument('--count', type=int, default=60, help='of damaged cores, over all the cores given')
    parser.add_argument('--first', type=int, default=0, help='the first seed')
    parser.add_argument('--seed', type=int, action='append', help='these seeds instead')
    parser.add_argument('--kind', action='append', help='of damage, instead of what the seeds choose')
    parser.add_argument('--pack', action='store_true', help='damage what `exuvia pack` makes of the cores')
    parser.add_argument('--frames', action='store_true', help='damage the packs themselves, not what is in them')
    parser.add_argument('--ask', type=int, help='so many of the questions of each, chosen by the seed; else all')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--seconds', type=float, help='start no more after so many')
    parser.add_argument('--keep', metavar='DIR', help='save the cores that failed there')
    parser.add_argument('--verbose', action='store_true')
    options = parser.parse_args()
    if not os.path.exists(options.exuvia):
        print('SKIP: exuvia is not built')
        return SKIP
    options.exuvia = os.path.abspath(options.exuvia)
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
    folder = tempfile.mkdtemp(prefix='exuvia-fuzz-')
    try:
        cores = [os.path.abspath(path) for pattern in options.cores for path in sorted(glob.glob(pattern))]
        if any(path.endswith('.zst') for path in cores) and not shutil.which('zstd'):
            cores = []
        made = None if cores else make_core(folder)
        cores = cores or ([made] if made else [])
        if not cores:
            print('SKIP: no core given, and none can be made (that needs gdb and CPython 3.11)')
            return SKIP
        if options.frames:
            options.kind = [FRAMES]
        if options.pack or options.frames:
            cores = [pack(options.exuvia, path, folder) for path in cores]
        return replay_all(options, cores, folder)
    finally:
        shutil.rmtree(folder)


def replay_all(options, cores, folder):
    clean = {}
    for path in cores:
        whole = os.path.join(folder, 'whole')
        os.mkdir(whole)
        with open(os.path.join(whole, 'whole.core'), 'wb') as file:
            file.write(mutilate.read_core(path))
        whole_core = os.path.join(whole, 'whole.core')
        results = replay(options.exuvia, whole_core, whole, None, list(QUESTIONS), Worst())
        if results['load'][0]:
            print(f'{path}: {results["load"][2]}')
            return 1
        # The quickest of three: what it takes when nothing disturbs it.
        loads = [results['load']] + [replay(options.exuvia, whole_core, whole, None, ['integrity'], Worst())['load']
                                     for _ in range(2)]
        clean[path] = min(r[3] for r in loads), min(r[4] for r in loads)
        print(f'{path}: whole, loads in {clean[path][0]:.2f} s with {clean[path][1] >> 20} MB', flush=True)
        shutil.rmtree(whole)
    seeds = options.seed or range(options.first, options.first + options.count)
    # The same core for a while: its index is made once for each of the workers.
    turn = 1 if len(seeds) < 64 * len(cores) else 64
    jobs = []
    for i, seed in enumerate(seeds):
        path = cores[i // turn % len(cores)]
        jobs.append((options.exuvia, path, seed, options.kind, clean[path], options.keep, options.ask))
    started, done, loaded, failed, worst = time.monotonic(), 0, 0, 0, Worst()
    with ProcessPoolExecutor(options.jobs) as pool:
        for at in range(0, len(jobs), 16 * options.jobs):
            if options.seconds and time.monotonic() - started > options.seconds:
                break
            for seed, path, failure, lines, status, took in pool.map(one, jobs[at:at + 16 * options.jobs]):
                done += 1
                loaded += status == 0
                what = f'seed {seed} of {os.path.basename(path)}'
                worst.add(Worst((took.time[0], f'{took.time[1]}, {what}'), (took.memory[0], f'{took.memory[1]}, {what}')))
                if failure:
                    failed += 1
                    print(f'FAILED: seed {seed} of {path}\n  ' + '\n  '.join(lines[:20]) + f'\n{failure}', flush=True)
                elif options.verbose:
                    print(f'{seed}: {status}, {took.time[0]:.2f} of the time, {took.memory[0]:.2f} of the memory: '
                          f'{lines[0]}', flush=True)
    print(f'{done} damaged cores in {time.monotonic() - started:.0f} s: {loaded} loaded, {done - loaded - failed} refused, '
          f'{failed} failed')
    print(f'against loading the whole core, the longest took {worst.time[0]:.2f} times its processor time '
          f'({worst.time[1]}), the largest {worst.memory[0]:.2f} times its memory ({worst.memory[1]})')
    return 1 if failed or not loaded else 0


if __name__ == '__main__':
    sys.exit(launch() if sys.argv[1:] == ['--launch'] else main())
