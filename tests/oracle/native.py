"""What a C function holds on its stack alone is found: a thread blocks in socket.recv, another in BufferedReader.read,
each with a bytes object of its own size that no Python object refers to.

    native.py --python PY --exuvia EXUVIA

Exit status: 0 found as it must be, 1 not, 77 this machine can't run it.
"""
import argparse, json, os, shutil, subprocess, sys, tempfile

RECV, READ = 1000003, 3000007
SUBJECT = r"""
import socket, sys, threading, time
a, b = socket.socketpair()
c, d = socket.socketpair()
def receive():
    data = a.recv(%d)
def read():
    data = d.makefile('rb').read(%d)
threads = [threading.Thread(target=t, name=t.__name__, daemon=True) for t in (receive, read)]
for t in threads:
    t.start()
c.send(b'z' * 100000)
while b' S ' not in open('/proc/self/task/%%d/stat' %% threads[0].native_id, 'rb').read() or \
        b' S ' not in open('/proc/self/task/%%d/stat' %% threads[1].native_id, 'rb').read():
    time.sleep(0.01)
time.sleep(0.2)
print('ready', flush=True)
time.sleep(3600)
""" % (RECV, READ)

QUERY = """
SELECT t.name AS thread, c.length AS length, r.kind AS kind,
       (SELECT count(*) FROM reference WHERE referent_id = o.id) AS referrers
FROM content c JOIN object o ON o.id = c.object_id JOIN root r ON r.object_id = o.id JOIN thread t ON t.id = r.thread_id
WHERE c.length IN (%d, %d) GROUP BY 1, 2, 3 ORDER BY 1""" % (RECV, READ)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--python', required=True)
    parser.add_argument('--exuvia', required=True)
    options = parser.parse_args()
    for needed in (options.python, options.exuvia):
        if not os.access(needed, os.X_OK):
            print('SKIP: no', needed)
            return 77
    if not shutil.which('gcore'):
        print('SKIP: no gcore')
        return 77
    folder = tempfile.mkdtemp(prefix='exuvia-native-')
    subject = subprocess.Popen([options.python, '-c', SUBJECT], stdout=subprocess.PIPE)
    try:
        if subject.stdout.readline() != b'ready\n':
            print('FAIL: the subject did not start')
            return 1
        dump = subprocess.run(['gcore', '-o', os.path.join(folder, 'core'), str(subject.pid)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        core = os.path.join(folder, 'core.%d' % subject.pid)
        if not os.path.exists(core):
            print('SKIP: gcore may not dump here:', dump.stdout.strip().splitlines()[-1:])
            return 77
        database = os.path.join(folder, 'db')
        subprocess.run([options.exuvia, 'load', core, '-o', database], check=True)
        answer = subprocess.run([options.exuvia, 'sql', database, QUERY, '--format', 'json'], check=True,
                                stdout=subprocess.PIPE)
        found = json.loads(answer.stdout)
        expected = [{'thread': 'read', 'length': READ, 'kind': 'native_stack', 'referrers': 0},
                    {'thread': 'receive', 'length': RECV, 'kind': 'native_stack', 'referrers': 0}]
        if found != expected:
            print('FAIL: expected', expected, 'found', found)
            return 1
        print('found', len(found), 'objects that native stacks alone hold')
        return 0
    finally:
        subject.kill()
        subject.wait()
        shutil.rmtree(folder)


if __name__ == '__main__':
    sys.exit(main())
