#!/usr/bin/env python3
"""Snapshots of live processes.

 - of one that stands still: its database is that of a gcore, row by row, but for what the input is and what of mapped files and
   of memory without access lies in it
 - what of its memory was resident is what /proc/PID/smaps says; under a control group with a limit, and in a namespace of its own,
   the database names that limit and the number that the process has there
 - of a server that answers requests, again and again: all are answered; how long it stood still, against gcore
 - a snapshot that is killed leaves the process running and no file; one that may not take its time lets it go; signals that
   arrive meanwhile are not lost; without stopping the data is marked as torn

    snapshot.py --python PYTHON --exuvia build/exuvia [--times 100]
"""
import argparse
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.dont_write_bytecode = True
import place
import process

STILL = r'''
import sys, threading, time
class Node(object):
    def __init__(self, i):
        self.number, self.items = i, [i, str(i)]
kept = [Node(i) for i in range(2000)]
def wait(argument):
    local = 'local of %s' % argument
    time.sleep(3600)
for i in range(3):
    thread = threading.Thread(target=wait, args=(i,))
    thread.daemon = True
    thread.start()
print('ready')
sys.stdout.flush()
wait('main')
'''
SERVER = r'''
import signal, sys
try:
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from socketserver import ThreadingMixIn
except ImportError:
    from BaseHTTPServer import BaseHTTPRequestHandler, HTTPServer
    from SocketServer import ThreadingMixIn
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = (u'%d %s' % (sum(range(1000)), self.path)).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass
class Server(ThreadingMixIn, HTTPServer):
    daemon_threads = True
count = [0]
def on_signal(*_):
    count[0] += 1
    sys.stdout.write('signal %d\n' % count[0])
    sys.stdout.flush()
signal.signal(signal.SIGUSR1, on_signal)
server = Server(('127.0.0.1', 0), Handler)
kept = [str(i) for i in range(%(kept)d)]
print(server.server_address[1])
sys.stdout.flush()
server.serve_forever()
'''


class Wrong(Exception):
    pass


def expect(good, what):
    if not good:
        raise Wrong(what)


def snapshot(options, pid, output, *more):
    done = subprocess.run([options.exuvia, 'snapshot', str(pid), '-o', output, *more], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    return done.returncode, done.stdout, done.stderr


def state(pid):
    with open('/proc/%d/stat' % pid) as file:
        return file.read().rpartition(')')[2].split()[0]


def wait_state(pid, wanted):
    end = time.monotonic() + 20
    while state(pid) not in wanted and time.monotonic() < end:
        time.sleep(0.01)
    return state(pid)


def rows(db, table):
    return sorted(map(repr, db.execute('SELECT * FROM "%s"' % table)))


def equals_gcore(options, where, directory):
    subject = where.start(['-c', STILL], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        subject.stdout.readline()
        os.kill(subject.pid, signal.SIGSTOP)
        expect(wait_state(subject.pid, 'T') == 'T', 'it does not stop')
        path = os.path.join(directory, 'still')
        status, said, wrong = snapshot(options, subject.pid, path)
        expect(status == 0 and 'stood still for' in said, 'snapshot: %d %s%s' % (status, said, wrong))
        expect(state(subject.pid) == 'T', 'a stopped process is %s after the snapshot' % state(subject.pid))
        expect(os.stat(path).st_mode & 0o777 == 0o600, 'mode %o' % os.stat(path).st_mode)
        counted = smaps(subject.pid)
        core = process.gcore(subject.pid, directory)
    finally:
        subject.kill()
        subject.wait()
    process.load(options.exuvia, path, path + '.db', ['--sysroot', '/nonexistent'])
    expect_resident(path + '.db', counted)
    process.load(options.exuvia, core, core + '.db', where.load_options)
    a, b = sqlite3.connect(path + '.db'), sqlite3.connect(core + '.db')
    with a, b:
        tables = [row[0] for row in a.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]
        for table in tables:
            # gdb gives memory without access as readable zeros, and leaves mapped files out by rules of its own.
            if table not in ('meta', 'mapping', 'ledger'):
                expect(rows(a, table) == rows(b, table), 'table %s differs from gcore' % table)
        meta = dict(a.execute('SELECT key, value FROM meta'))
        libc = ' '.join(os.confstr('CS_GNU_LIBC_VERSION').split())
        if os.path.isabs(options.python): # of this machine
            expect(str(meta.get('c_library')).startswith(libc + ' ('), 'C library: %s instead of %s' % (meta.get('c_library'), libc))
        expect(not a.execute("SELECT 1 FROM anomaly WHERE kind = 'version-note'").fetchone(), 'the VERSIONS note is another')
        expect(meta['input_format'] == 'snapshot' and meta['snapshot_torn'] == 0, 'meta: %s' % meta)
        objects = meta['objects']
    return '%d objects as by gcore, %.1f MB instead of %.1f' % (objects, os.path.getsize(path) / 1e6, os.path.getsize(core) / 1e6)


def smaps(pid):
    """start, end, Rss, Swap of each mapping."""
    found = []
    with open('/proc/%d/smaps' % pid) as file:
        for line in file:
            words = line.split()
            if words[0] in ('Rss:', 'Swap:'):
                found[-1][2 + (words[0] == 'Swap:')] = int(words[1]) * 1024
            elif not words[0].endswith(':'):
                found.append([int(word, 16) for word in words[0].split('-')] + [0, 0])
    return found


def expect_resident(path, counted):
    with sqlite3.connect(path) as db:
        for start, end, resident, swapped in db.execute('SELECT start, "end", resident_bytes, swapped_bytes FROM mapping'):
            inside = [row for row in counted if start <= row[0] and row[1] <= end]
            expect((resident, swapped) == (sum(row[2] for row in inside), sum(row[3] for row in inside)),
                   'of %x-%x are %s bytes resident, %s in swap, and smaps says %s' % (start, end, resident, swapped, inside))
        total = sum(row[2] for row in counted)
        expect(db.execute("SELECT value FROM meta WHERE key = 'resident_bytes'").fetchone() == (total,), 'resident_bytes: not %d' % total)
        wrong = db.execute('SELECT category FROM ledger WHERE resident > bytes').fetchall()
        expect(not wrong and db.execute('SELECT sum(resident) FROM ledger').fetchone()[0] <= total, 'more resident than there is: %s' % wrong)
        files = db.execute("SELECT sum(resident_bytes) FROM mapping WHERE path NOT NULL AND perms NOT LIKE '_w%'").fetchone()
        expect(db.execute("SELECT resident FROM ledger WHERE category = 'file mappings'").fetchone() == files,
               'file mappings: %s bytes resident in table mapping' % files)


LIMIT = 256 << 20
HELD = r'''
import os, sys
kept = bytearray(230 << 20)
kept[::4096] = b'x' * len(kept[::4096])
print(os.getpid())
sys.stdout.flush()
sys.stdin.read()
'''


def make_group():
    """A control group of our own, in version 2 or 1: its folder; None: the machine lets us make none."""
    name = 'exuvia-test-%d' % os.getpid()
    for folder, limit in ('/sys/fs/cgroup', 'memory.max'), ('/sys/fs/cgroup/memory', 'memory.limit_in_bytes'):
        path = os.path.join(folder, name)
        if not os.path.exists(os.path.join(folder, 'cgroup.procs')):
            continue
        try:
            os.mkdir(path)
            with open(os.path.join(path, limit), 'w') as file:
                file.write(str(LIMIT))
            return path
        except OSError:
            if os.path.isdir(path):
                os.rmdir(path)
    return None


def in_a_group(options, where, directory):
    """Under the interpreter that runs this script, in a group with a limit that it nearly reaches, as process 1 of a namespace."""
    group = make_group()
    if not group:
        return 'SKIP: no control group can be made here'
    # The shell enters the group, unshare makes its child process 1.
    words = ['sh', '-c', 'echo $$ > %s/cgroup.procs && exec unshare --pid --fork --kill-child "$@"' % group, 'sh', sys.executable, '-c', HELD]
    path = os.path.join(directory, 'group')
    try:
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as subject:
            if not subject.stdout.readline():
                return 'SKIP: no namespace can be made here'
            with open('/proc/%d/task/%d/children' % (subject.pid, subject.pid)) as file:
                pid = int(file.read().split()[0])
            status, said, wrong = snapshot(options, pid, path)
            subject.stdin.close()
        expect(status == 0, 'snapshot: %d %s' % (status, wrong))
    finally:
        end = time.monotonic() + 10
        while os.path.isdir(group) and time.monotonic() < end:
            try:
                os.rmdir(group)
            except OSError:
                time.sleep(0.05)
    process.load(options.exuvia, path, path + '.db', ['--sysroot', '/nonexistent'])
    with sqlite3.connect(path + '.db') as db:
        meta = dict(db.execute('SELECT key, value FROM meta'))
    expect(meta.get('cgroup_memory_max') == LIMIT and meta.get('cgroup', '').endswith(os.path.basename(group)), 'meta: %s' % meta)
    expect(meta['pid'] == pid and meta.get('namespace_pid') == 1, 'pid %d: %s' % (pid, meta))
    said = subprocess.run([options.exuvia, 'info', path + '.db'], stdout=subprocess.PIPE, text=True, check=True).stdout
    expect('limit 268.4 MB, used' in said and 'in its container' in said, 'info: %s' % said)
    said = subprocess.run([options.exuvia, 'explain', path + '.db'], stdout=subprocess.PIPE, text=True, check=True).stdout
    expect('Its control group allows 268.4 MB' in said, 'explain: %s' % said)
    return 'limit %d, used %s, pid %d is %d' % (LIMIT, meta.get('cgroup_memory_current'), pid, meta['namespace_pid'])


class Client(threading.Thread):
    """Asks all the time; keeps the longest answer and what went wrong."""

    def __init__(self, port):
        threading.Thread.__init__(self, daemon=True)
        self.port, self.done, self.answers, self.wrong, self.longest = port, False, 0, [], 0.0

    def run(self):
        while not self.done:
            before = time.monotonic()
            try:
                with urllib.request.urlopen('http://127.0.0.1:%d/%d' % (self.port, self.answers), timeout=60) as answer:
                    if answer.read().decode() != '499500 /%d' % self.answers:
                        self.wrong.append('another answer')
            except OSError as error:
                self.wrong.append(repr(error))
            self.longest = max(self.longest, time.monotonic() - before)
            self.answers += 1


def of_a_server(options, where, directory):
    server = where.start(['-c', SERVER.replace('%(kept)d', '200000')], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    pauses = []
    try:
        client = Client(int(server.stdout.readline()))
        client.start()
        path = os.path.join(directory, 'server')
        for i in range(options.times):
            status, said, wrong = snapshot(options, server.pid, path, '--force')
            expect(status == 0, 'snapshot %d: %s%s' % (i, said, wrong))
            pauses.append(float(said.rpartition(' for ')[2].split()[0]))
        answered = client.answers
        process.load(options.exuvia, path, path + '.db', ['--sysroot', '/nonexistent'])
        client.longest = 0
        before = time.monotonic()
        process.gcore(server.pid, directory)
        by_gcore = time.monotonic() - before
        time.sleep(0.1)
        expect(client.answers > answered, 'no answers after the snapshots')
        client.done = True
        client.join(60)
        expect(not client.wrong, 'requests failed: %s' % client.wrong[:3])
        expect(server.poll() is None, 'the server has ended')
        kills(options, server, directory)
        signals(options, server, directory)
        limits(options, server, directory)
    finally:
        server.kill()
        server.wait()
    return '%d snapshots, %d requests answered; stood still %.1f ms (median), %.1f (most); gcore: %.0f ms in all, longest answer %.0f' % (
        options.times, client.answers, sorted(pauses)[len(pauses) // 2], max(pauses), by_gcore * 1000, client.longest * 1000)


def kills(options, server, directory):
    path = os.path.join(directory, 'killed')
    for i in range(8):
        taking = subprocess.Popen([options.exuvia, 'snapshot', str(server.pid), '-o', path], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        time.sleep(0.005 * i * i)
        taking.kill()
        taking.wait()
        expect(wait_state(server.pid, 'SR') in 'SR', 'the process is %s after a snapshot was killed' % state(server.pid))
        if taking.returncode == -9:
            expect(not os.path.exists(path), 'a killed snapshot leaves its file')
        elif os.path.exists(path):
            os.unlink(path)


def signals(options, server, directory):
    """Sent as fast as can be while snapshots are taken; each that is not merged with one before is handled."""
    handled = []
    reader = threading.Thread(target=lambda: [handled.append(server.stdout.readline()) for _ in range(10)], daemon=True)
    reader.start()
    for i in range(10):
        taking = subprocess.Popen([options.exuvia, 'snapshot', str(server.pid), '-o', os.path.join(directory, 'signals'), '--force'],
                                  stdout=subprocess.DEVNULL)
        time.sleep(0.004 * i)
        os.kill(server.pid, signal.SIGUSR1)
        expect(taking.wait() == 0, 'a snapshot fails while signals arrive')
        end = time.monotonic() + 10
        while len(handled) <= i and time.monotonic() < end:
            time.sleep(0.005)
    expect(len(handled) == 10 and handled[-1].strip() == b'signal 10', 'signals are lost: %s' % handled)


def limits(options, server, directory):
    path = os.path.join(directory, 'limits')
    status, said, wrong = snapshot(options, server.pid, path, '--max-pause', '1')
    expect(status == 4 and ('let go' in wrong or 'did not stop within' in wrong) and not os.path.exists(path) or status == 0, '--max-pause 1: %d %s' % (status, wrong))
    if status == 0:
        os.unlink(path)
    status, said, wrong = snapshot(options, server.pid, path, '--no-stop')
    expect(status == 0 and 'torn' in said, '--no-stop: %d %s%s' % (status, said, wrong))
    process.load(options.exuvia, path, path + '.db', ['--sysroot', '/nonexistent'])
    with sqlite3.connect(path + '.db') as db:
        expect(db.execute("SELECT count(*) FROM anomaly WHERE kind = 'torn'").fetchone()[0] == 1, 'torn data is no anomaly')
    for word, code, text in (('0', 2, 'number of a process'), ('x', 2, 'number of a process'), ('4194304', 3, 'no such process')):
        status, said, wrong = snapshot(options, word, path + '2')
        expect(status == code and text in wrong and wrong.startswith('exuvia: '), 'PID %s: %d %s' % (word, status, wrong))
    expect(snapshot(options, server.pid, path)[0] == 2, 'an existing file is overwritten')


TERABYTE = r'''
import mmap, os, sys
big = mmap.mmap(-1, 1 << 40, flags=0x4022)  # MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
big[1 << 39] = 1
print('ready', flush=True)
sys.stdin.read()
'''
SHARED = r'''
import mmap, sys
shared = mmap.mmap(-1, 256 << 20)
shared[5 << 20] = 1
print('ready', flush=True)
sys.stdin.read()
'''


def resident_shared(pid):
    with open('/proc/%d/status' % pid) as file:
        return next(int(line.split()[1]) for line in file if line.startswith('RssShmem:'))


def odd_processes(options, where, directory):
    """A terabyte of address space, shared memory that is not touched, a zombie: under the interpreter that runs this script."""
    path = os.path.join(directory, 'odd')
    for code in TERABYTE, SHARED:
        with subprocess.Popen([sys.executable, '-c', code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as subject:
            subject.stdout.readline()
            before, begun = resident_shared(subject.pid), time.monotonic()
            status, said, wrong = snapshot(options, subject.pid, path, '--force', '--max-pause', '100' if code is TERABYTE else '60000')
            expect(status == 0 or (code is TERABYTE and status == 4 and 'let go' in wrong), '%d %s%s' % (status, said, wrong))
            expect(status == 0 or time.monotonic() - begun < 5, 'a limit of 100 ms took %.1f s' % (time.monotonic() - begun))
            expect(resident_shared(subject.pid) - before < 256, 'shared memory of %d kB grew to %d' % (before, resident_shared(subject.pid)))
            subject.stdin.close()
    with subprocess.Popen([sys.executable, '-c', 'pass']) as subject:
        wait_state(subject.pid, 'Z')
        status, said, wrong = snapshot(options, subject.pid, path, '--force')
        expect(status == 3 and 'zombie' in wrong, 'a zombie: %d %s' % (status, wrong))
    return 'a terabyte, shared memory, a zombie'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--python', required=True)
    parser.add_argument('--exuvia', required=True)
    parser.add_argument('--times', type=int, default=6)
    options = parser.parse_args()
    where = place.Place(options.python)
    with tempfile.TemporaryDirectory(prefix='exuvia-snapshot-') as directory:
        try:
            for check in equals_gcore, in_a_group, of_a_server, odd_processes:
                print('%s: %s' % (check.__name__, check(options, where, directory)))
        except process.Skip as skip:
            print('SKIP %s' % skip)
            return process.SKIP
        except Wrong as wrong:
            print('FAIL %s' % wrong)
            return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
