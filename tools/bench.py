#!/usr/bin/env python3
"""How long a load takes, against what SQLite itself needs to copy the database (VACUUM INTO), measured in the same run.

    bench.py EXUVIA [--python PY] [--objects N] [--rounds N] [--keep DIR]

A process makes about N objects (instances with attributes, lists, tuples, dicts, strings, numbers) and is dumped by gcore;
the best of the rounds counts. Prints seconds, the ratio, the most memory that a load took against the core's size,
the graph's part of both (what is unreachable, roots and shortest paths with their rows, dominators, retained sizes, groups), and which questions of the cookbook (and `show`) took longest.
"""
import argparse, glob, os, shutil, sqlite3, subprocess, sys, tempfile, time

COOKBOOK = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'schema', 'cookbook')
SUBJECT = r"""
import sys, time
class Node:
    def __init__(self, i):
        self.name = 'node-%d' % i
        self.value = i * 1000
        self.next = None
        self.tags = ['a', i + 0.5]
n = int(sys.argv[1]) // 6
nodes = [Node(i) for i in range(n)]
for a, b in zip(nodes, nodes[1:]):
    a.next = b
table = {i * 7: ('t', i) for i in range(n // 10)}
print('ready', flush=True)
time.sleep(3600)
"""


def make_core(python, objects, folder):
    process = subprocess.Popen([python, '-c', SUBJECT, str(objects)], stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        prefix = os.path.join(folder, 'core')
        subprocess.run(['gcore', '-o', prefix, str(process.pid)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        return '%s.%d' % (prefix, process.pid)
    finally:
        process.kill()
        process.wait()


def timed(command):
    """Seconds, and the most memory in bytes."""
    before = time.monotonic()
    pid = os.posix_spawn(command[0], command, os.environ,
                         file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit('failed: ' + ' '.join(command))
    return time.monotonic() - before, usage.ru_maxrss * 1024


def graph(exuvia, core, database):
    """Seconds of the graph's phases of a load, and by how many bytes they raised the most memory that it took."""
    said = subprocess.run([exuvia, 'load', core, '-o', database, '--force'], env=dict(os.environ, EXUVIA_TIMES='1'), check=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True).stderr
    seconds = more = before = most = 0
    for line in said.splitlines():
        words = line.split()
        if len(words) > 4 and words[1] == 's' and words[3] == 'MB':
            at, memory, phase = float(words[0]), float(words[2]), ' '.join(words[4:])
            if phase in ('garbage', 'roots, paths', 'dominators'):
                seconds += at - before
                more += memory - most
            before, most = at, memory
    return seconds, more * (1 << 20)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('exuvia')
    parser.add_argument('--python', default=sys.executable)
    parser.add_argument('--objects', type=int, default=1000000)
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--keep', metavar='DIR')
    options = parser.parse_args()
    folder = options.keep or tempfile.mkdtemp(prefix='exuvia-bench-')
    os.makedirs(folder, exist_ok=True)
    try:
        core = make_core(options.python, options.objects, folder)
        database, copy = core + '.db', core + '.copy'
        loads, copies, chains, memory = [], [], [], 0
        for _ in range(options.rounds):
            seconds, most = timed([options.exuvia, 'load', core, '-o', database, '--force'])
            loads.append(seconds)
            memory = max(memory, most)
            if os.path.exists(copy):
                os.unlink(copy)
            before = time.monotonic()
            connection = sqlite3.connect(database)
            connection.execute('VACUUM INTO ?', (copy,))
            copies.append(time.monotonic() - before)
            objects, references = (connection.execute(query).fetchone()[0] for query in
                                   ('SELECT count(*) FROM object', 'SELECT count(*) FROM reference_row'))
            connection.close()
            chains.append(timed([options.exuvia, 'chain', database, '--to', 'type:Node', '-n', '1'])[0])
        asked = {}
        for name in sorted(os.path.basename(path)[:-4] for path in glob.glob(os.path.join(COOKBOOK, '*.sql'))):
            asked['cookbook:' + name] = timed([options.exuvia, 'sql', database, 'cookbook:' + name])[0]
        asked['show'] = timed([options.exuvia, 'show', database, '#%d' % (objects // 2)])[0]
        report = core + '.md'
        asked['report'] = timed([options.exuvia, 'report', database, '-o', report])[0]
        slowest = sorted(asked, key=asked.get, reverse=True)[:3]
        size = os.path.getsize(core)
        print('objects            %12d' % objects)
        print('references         %12d' % references)
        print('core               %12.1f MB' % (size / 1e6))
        print('database           %12.1f MB' % (os.path.getsize(database) / 1e6))
        print('load               %12.2f s' % min(loads))
        print('copy by SQLite     %12.2f s' % min(copies))
        print('load / copy        %12.2f' % (min(loads) / min(copies)))
        seconds, more = min(graph(options.exuvia, core, database) for _ in range(options.rounds))
        print('graph              %12.2f s, %.1f bytes an object' % (seconds, more / objects))
        print('chain              %12.2f s' % min(chains))
        print('report             %12.2f s, %d characters of Markdown' % (asked['report'], os.path.getsize(report)))
        if os.path.getsize(report) >= 65536:
            raise SystemExit('the report as Markdown is larger than trackers take')
        print('slowest questions  ' + ', '.join('%s %.2f s' % (name, asked[name]) for name in slowest))
        print('memory of the load %12.1f MB, %.2f of the core' % (memory / 1e6, memory / size))
    finally:
        if not options.keep:
            shutil.rmtree(folder)


if __name__ == '__main__':
    main()
