"""Running a subject, dumping its child, loading the dump."""
import glob
import marshal
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import time

import place

HERE = os.path.dirname(os.path.abspath(__file__))
SKIP = 77
REFUSED = 'this version of exuvia reads '


class Skip(Exception):
    """This machine can't run that."""


class Failure(Exception):
    """The thing under test failed."""


def is_python2(python):
    return place.Place(python).ask('import sys; print(sys.version_info[0])').strip() == '2'


class Subject:
    """The process that knows itself, and its child that stands still."""

    def __init__(self, python, heap, pause, directory, environment=None, bare=False):
        """`environment`: for the interpreter, on top of ours; `bare`: an isolated interpreter with next to none."""
        self.place, self.directory = place.Place(python), directory
        self.temporary = self.place.folder() if self.place.root else None
        self.work = self.temporary.name if self.temporary else directory
        record_path = os.path.join(self.work, 'record')
        env = dict(os.environ, PYTHONDONTWRITEBYTECODE='1', PYTHONHASHSEED='0')
        env.pop('PYTHONPATH', None)
        words = []
        if bare:
            env = {'PATH': '/usr/bin:/bin', 'LC_ALL': 'C'}
            words += ['-S', '-E', '-B'] + (['-s'] if is_python2(python) else ['-I'])
        elif environment:
            env.update(environment)
        self.place.visible(glob.glob(os.path.join(HERE, '*.py')) if self.place.root else [], self.work)
        script, pause = self.place.visible([os.path.join(HERE, 'subject.py'), pause], self.work)
        self.process = self.place.start(
            words + [script, heap, self.place.inside(record_path), pause],
            raise_core_limit,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self.work, env=env)
        line = self.process.stdout.readline()
        if line.startswith(b'SKIP '):
            self.process.communicate()
            raise Skip(line[5:].decode().strip())
        if not line.strip().isdigit():
            self.process.kill()
            raise Failure('the subject failed: status %d' % self.process.wait())
        self.pid = int(line)
        with open(record_path, 'rb') as file:
            self.record = marshal.loads(file.read())
        for address, (kind, value) in self.record['values'].items():
            if kind == 'bytes':
                self.record['values'][address] = (kind, bytes(value))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.stdin.write(b'\n')
            self.process.stdin.close()
        except OSError:
            pass
        self.process.wait()
        if self.temporary:
            self.temporary.cleanup()

    def gcore(self):
        return gcore(self.pid, self.directory)

    def kernel_core(self):
        """Ends the child."""
        return kernel_core(self.pid, self.work, self.directory)

    def loses_memory(self):
        return gcore_loses_memory(self.place)


def gcore(pid, directory):
    if not shutil.which('gcore'):
        raise Skip('gcore (gdb) is not installed')
    prefix = os.path.join(directory, 'gcore')
    done = subprocess.run(['gcore', '-o', prefix, str(pid)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    path = '%s.%d' % (prefix, pid)
    if done.returncode or not os.path.exists(path):
        if 'ptrace' in done.stdout and 'not permitted' in done.stdout:
            raise Skip('ptrace is not permitted here')
        raise Failure('gcore failed:\n' + done.stdout)
    return path


def gcore_loses_memory(where):
    """From 2.42 on glibc makes the guard pages of stacks with MADV_GUARD_INSTALL (nptl/allocatestack.c), inside a mapping that
    holds more. gdb (gcore.c, gcore_copy_callback) stops copying a mapping at a page that it can't read."""
    said = where.ask("import os; print(os.confstr('CS_GNU_LIBC_VERSION'))").split()
    return len(said) == 2 and said[0] == 'glibc' and tuple(int(n) for n in said[1].split('.')[:2]) >= (2, 42)


def kernel_core(pid, work, directory):
    """Ends the process, a child of ours or of a child of ours, whose working folder is `work`; the core goes to `directory`."""
    with open('/proc/sys/kernel/core_pattern') as file:
        pattern = file.read().strip()
    if '/' in pattern or '|' in pattern or '%' in pattern:
        raise Skip('core_pattern is %r, no plain file name' % pattern)
    if core_limit() != resource.RLIM_INFINITY:
        raise Skip('the core limit of this shell is not unlimited')
    before = set(os.listdir(work))
    os.kill(pid, signal.SIGABRT)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with open('/proc/%d/stat' % pid) as file:
            if file.read().rpartition(')')[2].split()[0] == 'Z':
                break
        time.sleep(0.05)
    new = [name for name in set(os.listdir(work)) - before if name.startswith(pattern)]
    if not new:
        raise Skip('the kernel wrote no core')
    path = os.path.join(directory, 'kernel.core')
    shutil.move(os.path.join(work, new[0]), path)
    return path


def raise_core_limit():
    """For the subject, before it begins."""
    resource.setrlimit(resource.RLIMIT_CORE, (core_limit(), core_limit()))


def core_limit():
    return resource.getrlimit(resource.RLIMIT_CORE)[1]


def load(exuvia, core, database, options=()):
    begun = time.monotonic()
    done = subprocess.run([exuvia, 'load', core, '-o', database, '--force', *options], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace')
    # The program says itself which versions it reads: the day it reads this one, the test runs.
    if done.returncode == 3 and REFUSED in done.stdout:
        raise Skip(done.stdout.strip().rpartition(': ')[2])
    if done.returncode:
        raise Failure('exuvia load: exit status %d\n%s' % (done.returncode, done.stdout))
    return time.monotonic() - begun


def agrees_with_child(subject):
    """Holds the record against the child's memory: what differs, the subject disturbed. A list of lines.

    Refcounts are taken here too: the parent can't ask for one without holding a reference."""
    complaints = []
    record = subject.record
    head, links = record.get('head', 16), record.get('links', 0)
    count_bits = (1 << 32) - 1 if record.get('hexversion', 0) >= 0x30e0000 else (1 << 64) - 1
    with open('/proc/%d/mem' % subject.pid, 'rb', buffering=0) as memory:
        def words(address, count):
            try:
                return struct.unpack('<%dQ' % count, os.pread(memory.fileno(), 8 * count, address))
            except (OSError, struct.error):
                return None

        wrong_type, refcounts = [], {}
        for address, kind, _size, _generation, _referents in record['objects']:
            found = words(address + links, 2)
            if not found or found[1] != kind:
                wrong_type.append((address, kind))
            else:
                refcounts[address] = found[0] & count_bits
        if wrong_type:
            complaints.append('%d objects of the record are not in the child, as %s' % (
                len(wrong_type), ', '.join('%#x %s' % (a, record['types'].get(k)) for a, k in wrong_type[:8])))
        record['refcounts'] = refcounts
        rings = [set(), set(), set()]
        for address, _kind, _size, generation, _referents in record['objects']:
            if generation is not None:
                rings[generation].add(address)
        for generation, members in enumerate(rings):
            if not members:
                continue
            start = record['sentinel'] - head if generation == 0 else next(iter(members)) - head
            seen, at = set(), start
            while at not in seen and len(seen) < 10000000:
                seen.add(at)
                found = words(at, 1)
                if not found:
                    complaints.append('generation %d: the ring is broken in the child' % generation)
                    break
                at = found[0] & ~3
            ring = {a + head for a in seen}
            missing, extra = members - ring, ring - members
            if missing or len(extra) != 1:  # the one is the head in the interpreter state
                complaints.append('generation %d: %d objects are not in the child\'s ring, %d are not in ours' % (
                    generation, len(missing), len(extra) - 1))
    return complaints
