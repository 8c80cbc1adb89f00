#!/usr/bin/env python3
"""Cores that systemd-coredump stored: what it wrote down about them (name, attributes, journal) comes into the database and through
a pack; a folder of them is read when it has one, and listed when it has several.

    stored.py --exuvia build/release/src/cli/exuvia

Exit status: 0 all agrees, 1 something differs, 77 this machine can't run it. Parts that it can't run say SKIP."""
import argparse
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CORE = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'corpus', '3.12.core.zst')
BOOT = '0123456789abcdef0123456789abcdef'
REMOTES = ('/lib/systemd/systemd-journal-remote', '/usr/lib/systemd/systemd-journal-remote')
MESSAGE = 'fc2e22bc6ee647b6b90729ab34a250b1'
TIME = 1764133021000000  # 2025-11-26 04:57:01
failed = []


def expect(good, what):
    if not good:
        failed.append(what)
        print('FAIL %s' % what)


def name_of(comm='python3', pid=4711, time=TIME, ending='.zst'):
    return 'core.%s.1000.%s.%d.%d%s' % (comm, BOOT, pid, time, ending)


def store(folder, **words):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name_of(**words))
    shutil.copy(CORE, path)
    return path


def run(exuvia, *words):
    done = subprocess.run([exuvia, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors='replace')
    return done.returncode, done.stdout, done.stderr


def meta(path):
    with sqlite3.connect('file:%s?mode=ro' % path, uri=True) as db:
        expect(db.execute('PRAGMA integrity_check').fetchone() == ('ok',), '%s: integrity' % path)
        return {key[8:]: value for key, value in db.execute("SELECT key, value FROM meta WHERE key LIKE 'systemd@_%' ESCAPE '@'")}


def attributes(exuvia, folder):
    path = store(folder, comm='my\\x2eprogram\\x20x')
    said = {'pid': '4711', 'uid': '1000', 'gid': '1001', 'signal': '11', 'timestamp': str(TIME), 'rlimit': '18446744073709551615',
            'comm': 'my.program x', 'exe': '/usr/bin/python3.12', 'hostname': 'h\u00f6st'}
    try:
        for key, value in said.items():
            os.setxattr(path, 'user.coredump.' + key, value.encode())
    except OSError as reason:
        print('SKIP attributes: %s' % reason)
        return
    status, _, wrong = run(exuvia, 'load', folder)
    expect(status == 0, 'load DIR: %d %s' % (status, wrong))
    found = meta(path + '.db')
    expected = {'pid': 4711, 'uid': 1000, 'gid': 1001, 'signal': 11, 'timestamp': TIME, 'time': '2025-11-26 04:57:01 UTC',
                'comm': 'my.program x', 'exe': '/usr/bin/python3.12', 'hostname': 'h\u00f6st'}
    expect(found == expected, 'attributes: %r' % found)
    said = run(exuvia, 'info', path + '.db')[1]
    expect('h\u00f6st' in said and '2025-11-26 04:57:01 UTC' in said, 'info: %s' % said[:1500])
    pack = os.path.join(folder, 'pack')
    expect(run(exuvia, 'pack', path, '-o', pack)[0] == 0 and run(exuvia, 'load', pack)[0] == 0, 'pack')
    expect(meta(pack + '.db') == expected, 'of the pack: %r' % meta(pack + '.db'))
    scrubbed = os.path.join(folder, 'scrubbed')
    expect(run(exuvia, 'scrub', path + '.db', '-o', scrubbed)[0] == 0 and meta(scrubbed) == {}, 'scrub leaves %r' % meta(scrubbed))
    for key in 'pid', 'signal', 'timestamp', 'hostname':  # anybody can write them
        os.setxattr(path, 'user.coredump.' + key, b'-1\n\x1b[2J\0' + b'9' * 200)
    os.setxattr(path, 'user.coredump.gid', b'9' * 19)
    long = None
    try:
        os.setxattr(path, 'user.coredump.exe', b'x' * 5000)
    except OSError:  # not on this file system
        long = '/usr/bin/python3.12'
    status, _, wrong = run(exuvia, 'load', path, '--force')
    found = meta(path + '.db')
    expect(status == 0 and (found.get('pid'), found.get('gid'), found.get('exe')) == (4711, None, long), 'hostile attributes: %d %s %r' % (status, wrong, found))
    expect('\x1b' not in run(exuvia, 'info', path + '.db')[1], 'info prints what moves the cursor')


def names(exuvia, folder):
    path = store(folder, comm='a.b', pid=5)  # not as systemd escapes it, and still clear
    expect(run(exuvia, 'load', path)[0] == 0, 'by its name')
    expect(meta(path + '.db') == {'pid': 5, 'uid': 1000, 'timestamp': TIME, 'time': '2025-11-26 04:57:01 UTC', 'comm': 'a.b'}, 'the name: %r' % meta(path + '.db'))
    for i, name in enumerate(('core', 'core.1', 'core.x.1000.%s.4711' % BOOT, 'core.x.1000.%s.47x.5.zst' % BOOT, 'core..1000.%s.1.1' % BOOT,
                              'core.x.1000.0123.1.1.zst', 'x.x.1000.%s.1.1' % BOOT, 'core.%s.1.%s.1.1' % ('n' * 200, BOOT) + '.zst')):
        other = os.path.join(folder, name)
        shutil.copy(CORE, other)
        database = os.path.join(folder, '%d.db' % i)
        status, _, wrong = run(exuvia, 'load', other, '-o', database)
        expect(status == 0 and ('comm' in meta(database)) == (i == 7), 'name %s: %d %s %r' % (name, status, wrong, meta(database)))
    empty = os.path.join(folder, 'empty')
    os.mkdir(empty)
    status, _, wrong = run(exuvia, 'load', empty)
    expect(status == 3 and 'is a directory; give the core file in it' in wrong, 'an empty folder: %d %s' % (status, wrong))


def several(exuvia, folder):
    for i in range(9):
        store(folder, pid=100 + i % 4, time=TIME + i * 60000000, comm='worker\n%d' % i)
    os.symlink(os.path.join(folder, name_of(comm='worker\n1', pid=101, time=TIME + 60000000)), os.path.join(folder, name_of(pid=1)))
    status, _, wrong = run(exuvia, 'load', folder)
    lines = wrong.splitlines()
    expect(status == 3 and len(lines) == 8 and 'has 9 cores' in lines[0] and '--pid' in lines[0], 'several: %d %s' % (status, wrong))
    expect(len(lines) == 8 and '05:05:01 UTC  pid 100  worker?8' in lines[1] and lines[7].strip() == 'and 3 older ones', 'their list: %s' % wrong)
    status, said, wrong = run(exuvia, 'load', folder, '--pid', '101')
    newest = os.path.join(folder, name_of(comm='worker\n5', pid=101, time=TIME + 5 * 60000000))
    expect(status == 0 and os.path.exists(newest + '.db'), '--pid 101: %d %s%s %s' % (status, said, wrong, os.listdir(folder)))
    status, _, wrong = run(exuvia, 'load', folder, '--pid', '7')
    expect(status == 3 and 'no core of process 7' in wrong, '--pid 7: %d %s' % (status, wrong))
    status, _, wrong = run(exuvia, 'load', newest, '--pid', '101')
    expect(status == 2 and 'no folder' in wrong, '--pid with a file: %d %s' % (status, wrong))


def entry(**fields):
    """In the journal's export format; a value with its length, as those with newlines need it."""
    out = b'__REALTIME_TIMESTAMP=%d\n_BOOT_ID=%s\n' % (TIME, BOOT.encode())
    for key, value in fields.items():
        value = value if isinstance(value, bytes) else value.encode()
        out += key.encode() + b'\n' + len(value).to_bytes(8, 'little') + value + b'\n'
    return out + b'\n'


def journal(exuvia, folder):
    remote = next((path for path in REMOTES if os.path.exists(path)), None)
    if not remote:
        print('SKIP journal: no systemd-journal-remote')
        return
    core = store(os.path.join(folder, 'var', 'lib', 'systemd', 'coredump'))
    logs = os.path.join(folder, 'var', 'log', 'journal', BOOT)
    os.makedirs(logs)
    common = {'MESSAGE_ID': MESSAGE, 'COREDUMP_PID': '4711', 'COREDUMP_FILENAME': '/var/lib/systemd/coredump/' + os.path.basename(core),
              'COREDUMP_ENVIRON': 'PASSWORD=s3cret-of-the-environment'}
    cmdline = '/usr/bin/python3 worker.py ' + 'word ' * 600  # long enough to be compressed
    text = entry(**dict(common, COREDUMP_CMDLINE='of an older one', COREDUMP_UNIT='older.service'))
    text += entry(**dict(common, COREDUMP_CMDLINE=cmdline, COREDUMP_UNIT='worker.service', COREDUMP_CGROUP='/system.slice/worker.service',
                         COREDUMP_HOSTNAME='web1', COREDUMP_SIGNAL='6', COREDUMP_PACKAGE_NAME='worker', COREDUMP_PACKAGE_VERSION='1.2-3'))
    text += entry(**dict(common, COREDUMP_FILENAME='/var/lib/systemd/coredump/' + name_of(time=TIME + 1), COREDUMP_UNIT='another.service'))
    text += entry(**dict(common, MESSAGE_ID=BOOT, COREDUMP_UNIT='wrong.message'))
    made = subprocess.run([remote, '-o', os.path.join(logs, 'system.journal'), '-'], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode:
        print('SKIP journal: %s' % made.stdout.decode(errors='replace')[-300:])
        return
    status, _, wrong = run(exuvia, 'load', os.path.dirname(core))
    if 'built without libsystemd' in run(exuvia, 'load', core, '-o', core + '.x.db', '--journal', logs)[2]:
        print('SKIP journal: built without libsystemd')
        return
    found = meta(core + '.db')
    expect(status == 0, 'beside a journal: %d %s' % (status, wrong))
    expected = {'cmdline': cmdline, 'unit': 'worker.service', 'cgroup': '/system.slice/worker.service', 'hostname': 'web1', 'signal': 6,
                'package_name': 'worker', 'package_version': '1.2-3', 'pid': 4711, 'uid': 1000, 'timestamp': TIME,
                'time': '2025-11-26 04:57:01 UTC', 'comm': 'python3'}
    expect(found == expected, 'journal: %r' % found)
    with open(core + '.db', 'rb') as file:
        expect(b's3cret-of-the-environment' not in file.read(), 'the environment is in the database')
    moved = os.path.join(folder, os.path.basename(core))  # elsewhere: told where the journal is, or by the sysroot
    shutil.copy(core, moved)
    for words in ('--journal', logs), ('--journal', os.path.dirname(logs)), ('--sysroot', folder):
        expect(run(exuvia, 'load', moved, '--force', *words)[0] == 0 and meta(moved + '.db') == expected, '%s: %r' % (words, meta(moved + '.db')))
    status, _, wrong = run(exuvia, 'load', moved, '--force', '--journal', os.path.join(folder, 'nowhere'))
    expect(status == 3 and 'the journal can\'t be read' in wrong, 'no such journal: %d %s' % (status, wrong))
    damaged(exuvia, os.path.join(logs, 'system.journal'), moved, logs)


def damaged(exuvia, path, core, logs):
    """Journals are foreign, too: cut and overwritten, nothing is worse than that they say nothing."""
    with open(path, 'rb') as file:
        whole = file.read()
    for i in range(6):
        text = bytearray(whole[:len(whole) * (i + 1) // 7 if i % 2 else len(whole)])
        for at in range(200 + i * 8, len(text) if i % 3 else 400, 509):
            text[at] ^= 1 << i % 8
        with open(path, 'wb') as file:
            file.write(text)
        status, _, wrong = run(exuvia, 'load', core, '--force', '--journal', logs)
        expect(status in (0, 3) and wrong.count('\n') <= 1, 'damaged journal %d: %d %s' % (i, status, wrong))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--exuvia', required=True)
    options = parser.parse_args()
    if not os.path.exists(options.exuvia):
        print('SKIP no exuvia')
        return 77
    with tempfile.TemporaryDirectory(prefix='exuvia-stored-') as directory:
        for check in attributes, names, several, journal:
            before = len(failed)
            check(os.path.abspath(options.exuvia), os.path.join(directory, check.__name__))
            print('%s: %s' % (check.__name__, 'FAIL' if len(failed) > before else 'done'))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
