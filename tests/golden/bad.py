#!/usr/bin/env python3
"""Input that can't be used, and places that can't be written: message, exit status, nothing left behind, nothing of
the user's overwritten.

    bad.py --exuvia build/src/cli/exuvia CASE...      no CASE: all

Exit statuses: 2 the words are off, 3 the input can't be used, 4 the machine failed us.
"""
import argparse
import os
import re
import resource
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import elf
from bench import CASES, SKIP, Folder, Skip, case

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'corpus')


class Bench(Folder):
    """An empty directory, the program, and what must be true of every refusal."""

    def __init__(self, exuvia, directory):
        super().__init__(directory)
        self.exuvia = exuvia

    def write(self, name, data):
        with open(self.path(name), 'wb') as file:
            file.write(data)
        return self.path(name)

    def corpus(self, name='incident', unpacked=True):
        packed = os.path.join(CORPUS, name + '.core.zst')
        if not os.path.exists(packed):
            raise Skip('corpus/%s.core.zst is not there' % name)
        if not unpacked:
            with open(packed, 'rb') as file:
                return file.read()
        if not shutil.which('zstd'):
            raise Skip('zstd is not installed')
        return subprocess.run(['zstd', '-dcq', packed], stdout=subprocess.PIPE, check=True).stdout

    def load(self, *words):
        return self.run('load', *words)

    def run(self, *words):
        return subprocess.run([self.exuvia, *words], cwd=self.directory, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors='replace')

    def listing(self, directory=None):
        found = {}
        for name in sorted(os.listdir(directory or self.directory)):
            path = os.path.join(directory or self.directory, name)
            if os.path.isfile(path):
                with open(path, 'rb') as file:
                    found[name] = hash(file.read())
            else:
                found[name] = None
        return found

    def refuses(self, words, status, message, label=''):
        """Run must end with `status`, say `message` (a pattern) in one line on stderr, and change nothing."""
        before = self.listing()
        done = self.load(*words)
        if done.returncode != status:
            self.complain('%sexit status %d, not %d: %s' % (label, done.returncode, status, (done.stderr or done.stdout).strip()[:300]))
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        if status == 3 and not any(line.startswith('exuvia: ') for line in lines):
            self.complain('%sno line of stderr begins with "exuvia: ": %r' % (label, done.stderr[:300]))
        if not re.search(message, done.stderr, re.IGNORECASE):
            self.complain('%sstderr does not say /%s/: %r' % (label, message, done.stderr[:300]))
        if self.listing() != before:
            self.complain('%sthe directory changed: %s -> %s' % (label, sorted(before), sorted(self.listing())))
        return done


def small_core(*extra, kind=elf.ET_CORE, machine=elf.EM_X86_64, ident=b'\x7fELF\2\1\1' + bytes(9)):
    """A core with one page and the given (vaddr, offset, filesz, memsz) segments on top."""
    rows = [(0x10000, 4096, 4096, 4096)] + list(extra)
    head = elf.EHDR.pack(ident, kind, machine, 1, 0, elf.EHDR.size, 0, 0, elf.EHDR.size, elf.PHDR.size, len(rows), 0, 0, 0)
    for vaddr, offset, filesz, memsz in rows:
        head += elf.Segment(elf.PT_LOAD, 6, offset, vaddr, 0, filesz, memsz, 4096).pack()
    return head + bytes(4096 - len(head)) + bytes(4096)


@case
def no_such_file(bench):
    bench.refuses([bench.path('absent')], 3, 'absent.*(no such file|not found|does not exist)')


@case
def empty_file(bench):
    bench.refuses([bench.write('core', b'')], 3, 'empty|not an ELF|too short|truncated')


@case
def a_directory(bench):
    os.mkdir(bench.path('core'))
    bench.refuses([bench.path('core')], 3, 'directory|regular file')


@case
def not_an_elf(bench):
    bench.refuses([bench.write('core', b'hello, this is a text file\n' * 400)], 3, 'not an ELF')


@case
def not_a_core(bench):
    shutil.copy(shutil.which('true'), bench.path('core'))
    bench.refuses([bench.path('core')], 3, 'not a core')


@case
def another_architecture(bench):
    bench.refuses([bench.write('core', small_core(machine=elf.EM_AARCH64))], 3, 'architecture|aarch64|x86.64|machine')


@case
def thirty_two_bit(bench):
    ident = b'\x7fELF\1\1\1' + bytes(9)
    head = struct.pack('<16sHHIIIIIHHHHHH', ident, elf.ET_CORE, 3, 1, 0, 52, 0, 0, 52, 32, 0, 0, 0, 0)
    bench.refuses([bench.write('core', head + bytes(4096))], 3, '32.bit')


@case
def big_endian(bench):
    ident = b'\x7fELF\2\2\1' + bytes(9)
    head = struct.pack('>16sHHIQQQIHHHHHH', ident, elf.ET_CORE, 22, 1, 0, 64, 0, 0, 64, 56, 0, 0, 0, 0)
    bench.refuses([bench.write('core', head + bytes(4096))], 3, 'endian|architecture|machine')


@case
def no_segments(bench):
    bench.refuses([bench.write('core', elf.header() + bytes(4096))], 3, 'segment|Python|truncated|memory')


@case
def no_python(bench):
    sleep = shutil.which('sleep')
    process = subprocess.Popen([sleep, '1000'], cwd=bench.directory, preexec_fn=lambda: resource.setrlimit(
        resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2))
    time.sleep(0.3)
    core = bench.path('core')
    try:
        if shutil.which('gcore'):
            subprocess.run(['gcore', '-o', core, str(process.pid)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
            if os.path.exists('%s.%d' % (core, process.pid)):
                os.rename('%s.%d' % (core, process.pid), core)
        if not os.path.exists(core):
            process.send_signal(signal.SIGABRT)
            process.wait()
            made = [n for n in os.listdir(bench.directory) if n.startswith('core')]
            if not made:
                raise Skip('neither gcore nor the kernel writes a core here')
            os.rename(bench.path(made[0]), core)
    finally:
        process.kill()
        process.wait()
    bench.refuses([core], 3, 'no (C?Python|interpreter)|not a Python|Python')


@case
def truncated_anywhere(bench):
    """Either what is readable is loaded and the loss told, or it is refused; never a crash, never half a database."""
    data = bench.corpus()
    size = len(data)
    points = ([0, 1, 15, 16, 40, 63, 64, 100, 200, 4095, 4096, 8000] + [size * n // 48 + n % 3 for n in range(1, 48)] +
              [size - 4096, size - 1])
    loaded = 0
    for point in points:
        bench.write('core', data[:point])
        label = 'cut at %d of %d: ' % (point, size)
        done = bench.load('core', '-o', 'out.db', '--sysroot', '/nonexistent')
        if done.returncode == 0:
            loaded += 1
            db = sqlite3.connect(bench.path('out.db'))
            told = db.execute('SELECT count(*) FROM anomaly').fetchone()[0]
            objects = db.execute('SELECT count(*) FROM object').fetchone()[0]
            if db.execute('PRAGMA integrity_check').fetchone()[0] != 'ok':
                bench.complain(label + 'a damaged database')
            db.close()
            if not told:
                bench.complain(label + 'loaded without an anomaly')
            if not objects:
                bench.complain(label + 'an empty database')
            os.unlink(bench.path('out.db'))
        elif done.returncode != 3:
            bench.complain('%sexit status %d: %s' % (label, done.returncode, done.stderr[-300:]))
        elif 'exuvia: ' not in done.stderr:
            bench.complain(label + 'no message')
        if sorted(os.listdir(bench.directory)) != ['core']:
            bench.complain(label + 'left behind: %s' % os.listdir(bench.directory))
            for name in os.listdir(bench.directory):
                if name != 'core':
                    os.unlink(bench.path(name))
    print('%d of %d truncated cores loaded' % (loaded, len(points)))
    if not loaded:
        bench.complain('no truncated core could be loaded')


def loads_partly(bench, label):
    """What came out of the stream is loaded, and that some is lost is said."""
    done = bench.load('core.zst', '-o', 'out.db', '--sysroot', '/nonexistent')
    if done.returncode:
        bench.complain('%sexit status %d: %s' % (label, done.returncode, done.stderr[-300:]))
        return
    if 'zstd stream' not in done.stderr:
        bench.complain(label + 'standard error does not say so: ' + done.stderr)
    db = sqlite3.connect(bench.path('out.db'))
    if not db.execute("SELECT count(*) FROM anomaly WHERE kind = 'truncated' AND message LIKE 'the zstd stream is %'").fetchone()[0]:
        bench.complain(label + 'loaded without an anomaly')
    if db.execute('PRAGMA integrity_check').fetchone()[0] != 'ok':
        bench.complain(label + 'a damaged database')
    db.close()
    os.unlink(bench.path('out.db'))


@case
def zstd_cut_short(bench):
    packed = bench.corpus(unpacked=False)
    for part in (len(packed) // 2, len(packed) * 9 // 10, len(packed) - 1):
        bench.write('core.zst', packed[:part])
        loads_partly(bench, 'cut at %d: ' % part)
    for part in (20, 5):
        bench.write('core.zst', packed[:part])
        bench.refuses(['core.zst', '-o', 'out.db'], 3, 'zstd|compressed|truncated|cut', 'cut at %d: ' % part)


@case
def zstd_damaged(bench):
    packed = bytearray(bench.corpus(unpacked=False))
    middle = len(packed) // 2
    packed[middle:middle + 64] = bytes(b ^ 0x5a for b in packed[middle:middle + 64])
    bench.write('core.zst', bytes(packed))
    loads_partly(bench, '')


@case
def frame_of_a_pack_damaged(bench):
    """Only the frame is lost; a seek table that lies loses nothing."""
    bench.write('core.zst', bench.corpus(unpacked=False))
    bench.run('pack', 'core.zst', '-o', 'whole', '--sysroot', '/nonexistent')
    with open(bench.path('whole'), 'rb') as file:
        whole = file.read()
    count = struct.unpack_from('<I', whole, len(whole) - 9)[0]
    table = len(whole) - 9 - 8 * count
    sizes = [struct.unpack_from('<II', whole, table + 8 * i)[0] for i in range(count)]

    def load(label, data):
        bench.write('pack', data)
        done = bench.load('pack', '-o', 'out.db', '--force')
        if done.returncode:
            bench.complain('%sexit status %d: %s' % (label, done.returncode, done.stderr[-300:]))
            return 0, {}
        db = sqlite3.connect(bench.path('out.db'))
        objects = db.execute('SELECT count(*) FROM object').fetchone()[0]
        kinds = dict(db.execute('SELECT kind, min(message) FROM anomaly GROUP BY kind'))
        summed = db.execute('SELECT (SELECT sum(bytes) FROM ledger) - (SELECT sum("end" - start) FROM mapping)').fetchone()[0]
        lost = int(db.execute("SELECT value FROM meta WHERE key = 'lost_bytes'").fetchone()[0])
        if summed or db.execute('PRAGMA integrity_check').fetchone()[0] != 'ok':
            bench.complain(label + 'a wrong ledger or database')
        db.close()
        if 'damaged' in kinds and ('frame' not in done.stderr or lost != 1 << 20):
            bench.complain('%snot told, or too much is lost: %d bytes, %s' % (label, lost, done.stderr))
        return objects, kinds

    objects, kinds = load('whole: ', whole)
    if not objects or kinds:
        bench.complain('the whole pack: %d objects, %s' % (objects, kinds))
    for frame in (4, 6, 15):  # of the heap; without 3, the state of the interpreter, there is no answer
        at = sum(sizes[:frame]) + sizes[frame] // 2
        got, kinds = load('frame %d: ' % frame, whole[:at] + bytes(b ^ 0x5a for b in whole[at:at + 16]) + whole[at + 16:])
        if 'damaged' not in kinds or 'hole' not in kinds or 'truncated' in kinds or got < objects // 3:
            bench.complain('frame %d: %d of %d objects, %s' % (frame, got, objects, kinds))
    got, kinds = load('table: ', whole[:table] + struct.pack('<I', 1) + whole[table + 4:])
    if list(kinds) != ['bad-seek-table'] or got != objects:
        bench.complain('table: %d of %d objects, %s' % (got, objects, kinds))


@case
def zstd_of_text(bench):
    if not shutil.which('zstd'):
        raise Skip('zstd is not installed')
    packed = subprocess.run(['zstd', '-qc'], input=b'not a core\n' * 1000, stdout=subprocess.PIPE, check=True).stdout
    bench.refuses([bench.write('core.zst', packed)], 3, 'not an ELF')


@case
def segments_outside_the_file(bench):
    for label, row in (('beyond: ', (0x20000, 1 << 40, 4096, 4096)), ('too long: ', (0x20000, 4096, 1 << 50, 1 << 50)),
                       ('wraps: ', (0x20000, 2 ** 64 - 4096, 8192, 8192)), ('wraps memory: ', (2 ** 64 - 4096, 4096, 4096, 1 << 63))):
        bench.write('core', small_core(row))
        bench.refuses(['core', '-o', 'out.db'], 3, 'exuvia: ', label)


@case
def segments_overlap(bench):
    bench.write('core', small_core((0x10000, 4096, 4096, 4096), (0x10800, 4096, 4096, 4096), (0, 0, 4096, 2 ** 64 - 1)))
    bench.refuses(['core', '-o', 'out.db'], 3, 'exuvia: ')


@case
def overlapping_real_segments(bench):
    """A real core one of whose segments claims another's addresses loads, and the clash is told."""
    data = bytearray(bench.corpus())
    loads = [(i, s) for i, s in enumerate(elf.segments(data)) if s.kind == elf.PT_LOAD and s.filesz]
    victim, other = loads[-2], loads[3]
    at = elf.EHDR.unpack_from(data)[5] + victim[0] * elf.PHDR.size
    victim[1].vaddr = other[1].vaddr
    data[at:at + elf.PHDR.size] = victim[1].pack()
    bench.write('core', bytes(data))
    done = bench.load('core', '-o', 'out.db', '--sysroot', '/nonexistent')
    if done.returncode not in (0, 3):
        bench.complain('exit status %d: %s' % (done.returncode, done.stderr[-300:]))
    if done.returncode == 0:
        db = sqlite3.connect(bench.path('out.db'))
        if not db.execute("SELECT count(*) FROM anomaly WHERE message LIKE '%overlap%' OR kind LIKE '%overlap%'").fetchone()[0]:
            bench.complain('no anomaly tells of the overlap')


@case
def program_headers_lie(bench):
    data = small_core()
    for label, at, form, value in (('offset: ', 32, '<Q', 1 << 60), ('count: ', 56, '<H', 0xfffe), ('size: ', 54, '<H', 1),
                                   ('count in section 0: ', 56, '<H', 0xffff)):
        changed = bytearray(data)
        struct.pack_into(form, changed, at, value)
        bench.write('core', bytes(changed))
        bench.refuses(['core', '-o', 'out.db'], 3, 'exuvia: ', label)


@case
def wrong_binary(bench):
    """A program whose build-id is not the core's is not believed, and that is told."""
    bench.write('core', bench.corpus())
    other = shutil.which('true')
    done = bench.load('core', '-o', 'out.db', '--sysroot', '/nonexistent', '--exe', other)
    if done.returncode != 0:
        bench.complain('exit status %d: %s' % (done.returncode, done.stderr[:300]))
        return
    if 'build-id differs' not in done.stderr:
        bench.complain('stderr does not say that the build-id differs: %r' % done.stderr)
    db = sqlite3.connect(bench.path('out.db'))
    told = [m for m, in db.execute("SELECT message FROM anomaly WHERE kind LIKE 'build-id%'")]
    if not any('build-id differs' in message and other in message for message in told):
        bench.complain('it is not told that the build-id differs: %s' % told)
    if db.execute("SELECT count(*) FROM mapping WHERE backing = 'file'").fetchone()[0]:
        bench.complain('pages of the wrong binary were used')


@case
def output_exists(bench):
    bench.write('core', bench.corpus())
    bench.write('out.db', b'precious')
    bench.refuses(['core', '-o', 'out.db', '--sysroot', '/nonexistent'], OUTPUT_STATUS, 'exists.*--force')
    bench.write('core.db', b'precious too')
    bench.refuses(['core', '--sysroot', '/nonexistent'], OUTPUT_STATUS, 'exists.*--force')


OUTPUT_STATUS = 2


@case
def output_is_the_input(bench):
    bench.write('core', bench.corpus())
    bench.refuses(['core', '-o', 'core', '--force', '--sysroot', '/nonexistent'], OUTPUT_STATUS, 'exuvia: ')
    os.link(bench.path('core'), bench.path('linked'))
    bench.refuses(['core', '-o', 'linked', '--force', '--sysroot', '/nonexistent'], OUTPUT_STATUS, 'exuvia: ')


@case
def output_directory_absent(bench):
    bench.write('core', bench.corpus())
    bench.refuses(['core', '-o', 'absent/out.db', '--sysroot', '/nonexistent'], 4, 'no such file|not found|does not exist|directory')
    bench.write('file', b'')
    bench.refuses(['core', '-o', 'file/out.db', '--sysroot', '/nonexistent'], 4, 'not a directory|directory')


class Mounted:
    def __init__(self, directory, options):
        os.makedirs(directory, exist_ok=True)
        done = subprocess.run(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', directory], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) if shutil.which('mount') else None
        if done is None or done.returncode:
            os.rmdir(directory)
            raise Skip('mounting a tmpfs is not allowed here')
        self.directory = directory

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(['umount', self.directory], check=True)
        os.rmdir(self.directory)


@case
def output_directory_not_writable(bench):
    bench.write('core', bench.corpus())
    if os.geteuid():
        os.mkdir(bench.path('closed'), 0o500)
        bench.refuses(['core', '-o', 'closed/out.db', '--sysroot', '/nonexistent'], 4, 'permission|writ')
        return
    with Mounted(bench.path('closed'), 'ro,size=1m'):
        bench.refuses(['core', '-o', 'closed/out.db', '--sysroot', '/nonexistent'], 4, 'read-only|writ')


@case
def disk_full(bench):
    bench.write('core', bench.corpus())
    with Mounted(bench.path('full'), 'size=1m'):
        bench.refuses(['core', '-o', 'full/out.db', '--sysroot', '/nonexistent'], 4, 'full|no space|disk')
        left = os.listdir(bench.path('full'))
        if left:
            bench.complain('left on the full disk: %s' % left)


@case
def interrupted(bench):
    """Killed by SIGINT in the middle of it: nothing half-written under the final name."""
    bench.write('core', bench.corpus())
    for delay in (0.05, 0.15, 0.3):
        running = subprocess.Popen([bench.exuvia, 'load', 'core', '-o', 'out.db', '--sysroot', '/nonexistent'],
                                   cwd=bench.directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        running.send_signal(signal.SIGINT)
        running.wait()
        left = set(os.listdir(bench.directory)) - {'core'}
        if running.returncode == 0 and left == {'out.db'}:
            os.unlink(bench.path('out.db'))
        elif left:
            bench.complain('after %.2f s, exit status %d: %s' % (delay, running.returncode, sorted(left)))
            for name in left:
                os.unlink(bench.path(name))


@case
def words(bench):
    for label, given in (('no core: ', []), ('two cores: ', ['a', 'b']), ('option: ', ['--no-such-option', 'core']),
                         ('missing value: ', ['core', '-o'])):
        bench.refuses(given, 2, 'exuvia: ', label)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--exuvia')
    parser.add_argument('--list', action='store_true')
    parser.add_argument('cases', nargs='*')
    options = parser.parse_args()
    if options.list:
        print(';'.join(CASES))
        return 0
    if not options.exuvia or not os.path.exists(options.exuvia):
        print('SKIP no exuvia at %s' % options.exuvia)
        return SKIP
    failed, skipped, names = 0, 0, options.cases or list(CASES)
    for name in names:
        with tempfile.TemporaryDirectory(prefix='exuvia-bad-') as directory:
            bench = Bench(os.path.abspath(options.exuvia), directory)
            try:
                CASES[name](bench)
            except Skip as reason:
                print('SKIP %s: %s' % (name, reason))
                skipped += 1
                continue
            print('%s %s' % ('FAIL' if bench.complaints else 'ok  ', name))
            for complaint in bench.complaints:
                print('     ' + complaint)
            failed += bool(bench.complaints)
    return 1 if failed else SKIP if skipped == len(names) else 0


if __name__ == '__main__':
    sys.exit(main())
