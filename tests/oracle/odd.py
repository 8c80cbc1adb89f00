"""Processes that are not like others: what the collector knows in them must be in the database all the same.

    odd.py --python PY --exuvia EXUVIA KIND

reserved    a terabyte of address space that is never touched (a snapshot), 16 GB of it in the kernel's core, and in a pack of it
dontdump    an arena of obmalloc's that the process keeps out of cores (MADV_DONTDUMP): what lies there is lost, and told, the rest is not
script      a script that is the executable (#!): the program is the interpreter, the script its argument
filtered    a snapshot by who may not call process_vm_readv(2), as in some containers
upgraded    the interpreter's file was replaced by another version's while it ran: that is named, and not used

Exit status: 0 agrees, 1 differs, 77 this machine can't run it.
"""
import ctypes, json, os, shutil, sqlite3, struct, subprocess, sys, time

import alone
import elf
import interpreters
import place
import process
import runner

KEPT = r'''
import ctypes, gc, os, sys, time
%(before)s
gc.disable()
held = [['held', i] for i in range(20000)]
kept = gc.get_objects()  # alive from now on, this code included
out = open(%(record)r, 'w')
out.write(repr([id(o) for o in kept]))
out.close()
%(after)s
os.write(1, b'x')
time.sleep(3600)
'''
RESERVE = r'''
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
reserved = libc.mmap(None, %d, 3, 0x4022, -1, 0)  # PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
if bytes is not str:
    buffer = bytes(0x8000000)  # from calloc: nothing but untouched pages
for i in range(10):
    ctypes.memmove(reserved + i * (%d // 10), b'touched', 7)
'''
# A quarter of a megabyte in the middle of the lists, within one mapping: pages of one arena, or of a few.
FORGET = r'''
libc = ctypes.CDLL(None)
libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
start = id(held[10000]) & ~0x3ffff
for line in open('/proc/self/maps'):
    low, high = [int(word, 16) for word in line.split()[0].split('-')]
    if low <= id(held[10000]) < high:
        start = min(max(start, low), high - 0x40000)
        if start < low:
            raise SystemExit('a small mapping: ' + line)
if libc.madvise(start, 0x40000, 16):  # MADV_DONTDUMP
    raise SystemExit('madvise')
out = open(%r, 'w')
out.write(repr([start, start + 0x40000]))
out.close()
'''


started = []


class Case:
    def __init__(self, options, folder, before='', after=''):
        self.exuvia, self.python, self.folder = options.exuvia, options.python, folder
        self.record = os.path.join(folder, 'record')
        self.code = KEPT % {'before': before, 'after': after, 'record': self.record}

    def start(self, command=None, **options):
        subject = subprocess.Popen(command or [self.python, '-S', '-c', self.code], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   cwd=self.folder, preexec_fn=process.raise_core_limit, **options)
        started.append(subject)
        if subject.stdout.read(1) != b'x':
            raise process.Failure('the subject did not start')
        time.sleep(0.1)
        return subject

    def seen(self):
        with open(self.record) as file:
            return set(json.load(file))

    def load(self, core, name, words=()):
        database = os.path.join(self.folder, name + '.db')
        process.load(self.exuvia, core, database, list(words))
        return sqlite3.connect(database)

    def kernel_core(self, subject):
        try:
            return process.kernel_core(subject.pid, self.folder, self.folder)
        finally:
            end(subject)


def end(subject):
    subject.kill()
    subject.wait()


def objects(db):
    return {address for address, in db.execute('SELECT address FROM object')}


def meta(db, key):
    row = db.execute('SELECT value FROM meta WHERE key = ?', (key,)).fetchone()
    return row and row[0]


def missing(name, case, db):
    lost = case.seen() - objects(db)
    return ['%s: %d of %d objects are not there' % (name, len(lost), len(case.seen()))] if lost else []


def no_anomalies(name, db):
    return ['%s: anomaly %s: %s' % (name, *row) for row in db.execute('SELECT kind, message FROM anomaly')]


# ---- the kinds ----

def reserved_in(name, db, case, size):
    bytes_of = 'SELECT max(end - start), max(dumped_bytes), min(backing) FROM mapping WHERE end - start >= ?'
    there = db.execute(bytes_of, (size,)).fetchone()
    wrong = missing(name, case, db) + no_anomalies(name, db)
    if there[0] is None or there[2] != 'core':
        wrong.append('%s: the reserved memory is %r' % (name, there))
    bare = db.execute("SELECT count(*) FROM object o JOIN type t ON t.id = o.type_id WHERE t.qualname = 'str' AND o.id NOT IN "
                      '(SELECT object_id FROM content)').fetchone()[0]
    if bare:
        wrong.append('%s: %d str have no content' % (name, bare))
    hashes = db.execute('SELECT hash FROM content WHERE length = ?', (0x8000000,)).fetchall()
    if not meta(db, 'python_version').startswith('2.') and (len(hashes) != 1 or hashes[0][0] is None):
        wrong.append('%s: of the buffer: %r' % (name, hashes))
    total, mapped = db.execute('SELECT (SELECT sum(bytes) FROM ledger), (SELECT sum(end - start) FROM mapping)').fetchone()
    if total != mapped:
        wrong.append('%s: the ledger has %r bytes of %r' % (name, total, mapped))
    return wrong


def reserved(options, folder):
    wrong = []
    case = Case(options, folder, RESERVE % (1 << 40, 1 << 40))
    subject = case.start()
    snapshot = os.path.join(folder, 'snapshot')
    done = subprocess.run([case.exuvia, 'snapshot', str(subject.pid), '-o', snapshot], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    end(subject)
    if done.returncode:
        return ['snapshot: exit status %d, %s' % (done.returncode, done.stdout)]
    print(done.stdout.strip())
    wrong += reserved_in('snapshot', case.load(snapshot, 'snapshot'), case, 1 << 40)
    case = Case(options, folder, RESERVE % (1 << 34, 1 << 34))
    core, pack = case.kernel_core(case.start()), os.path.join(folder, 'pack')
    db = case.load(core, 'core')
    wrong += reserved_in('core', db, case, 1 << 34)
    subprocess.run([case.exuvia, 'pack', core, '-o', pack], check=True, stdout=subprocess.DEVNULL)
    packed = case.load(pack, 'pack')
    wrong += reserved_in('pack', packed, case, 1 << 34)
    for table in ('object', 'reference', 'root', 'ledger', 'mapping', 'content'):
        if db.execute('SELECT * FROM %s' % table).fetchall() != packed.execute('SELECT * FROM %s' % table).fetchall():
            wrong.append('%s of the pack differs' % table)
    return wrong


def dontdump(options, folder):
    hole = os.path.join(folder, 'hole')
    case = Case(options, folder, after=FORGET % hole)
    db = case.load(case.kernel_core(case.start()), 'core')
    with open(hole) as file:
        start, stop = json.load(file)
    holes = db.execute("SELECT start, end FROM mapping WHERE dumped_bytes = 0 AND backing = 'absent'").fetchall()
    if (start, stop) not in holes:
        return ['%x-%x is kept out of the core, and is no mapping of its own: %r' % (start, stop, holes)]
    lost = {address for address in case.seen() if start <= address < stop}
    wrong = ['%d objects in the hole are listed' % len(lost & objects(db))] if lost & objects(db) else []
    others = case.seen() - lost - objects(db)
    # Lists elsewhere may have their items there, dicts their keys; the objects themselves are known by the collector's lists, whose
    # links the hole breaks: from both ends they are followed up to it.
    print('%d objects lie in the hole; of %d others %d are not found' % (len(lost), len(case.seen()) - len(lost), len(others)))
    if len(lost) < 100 or others:
        wrong.append('%d objects in the hole, %d others lost' % (len(lost), len(others)))
    kinds = {kind for kind, in db.execute('SELECT kind FROM anomaly')}
    if not kinds:
        wrong.append('no anomaly tells of it')
    return wrong


def script(options, folder):
    case = Case(options, folder)
    path = os.path.join(folder, 'worker')
    with open(path, 'w') as file:
        file.write('#!%s -S\n%s' % (options.python, case.code))
    os.chmod(path, 0o700)
    subject = case.start([path, 'word'])
    core = process.gcore(subject.pid, folder)
    snapshot = os.path.join(folder, 'snapshot')
    subprocess.run([case.exuvia, 'snapshot', str(subject.pid), '-o', snapshot], check=True, stdout=subprocess.DEVNULL)
    cores = {'gcore': core, 'snapshot': snapshot, 'kernel': case.kernel_core(subject)}
    wrong = []
    for name, core in cores.items():
        db = case.load(core, name)
        wrong += missing(name, case, db)
        if os.path.realpath(meta(db, 'executable')) != os.path.realpath(options.python):
            wrong.append('%s: the executable is %s' % (name, meta(db, 'executable')))
        if not meta(db, 'arguments').endswith('-S %s word' % path):
            wrong.append('%s: the arguments are %s' % (name, meta(db, 'arguments')))
    return wrong


def upgraded(options, folder):
    home, command, environment = alone.copy_interpreter(options.python, folder)
    other = next((path for _, version, path in interpreters.interpreters()
                  if not version.startswith(place.Place(options.python).ask('import sys; print("%d.%d" % sys.version_info[:2])').strip())), None)
    if not other:
        raise process.Skip('no other interpreter')
    case = Case(options, folder)
    subject = case.start([command[0], '-S', '-c', case.code], env=environment)
    files = [path for path in elf.files_of(home, command) if os.path.basename(path).startswith(('python', 'libpython'))]
    for path in files:
        os.unlink(path)
        shutil.copy(os.path.realpath(other), path)
    core = process.gcore(subject.pid, folder)
    end(subject)
    db = case.load(core, 'core')
    wrong = missing('upgraded', case, db)
    told = [text for text, in db.execute("SELECT message FROM anomaly WHERE kind = 'build-id-mismatch'")]
    for path in files:
        if not any(path in text and 'not used' in text for text in told):
            wrong.append('nothing is told of %s: %r' % (path, told))
        if db.execute("SELECT count(*) FROM mapping WHERE path = ? AND backing = 'file'", (path,)).fetchone()[0]:
            wrong.append('%s was used' % path)
    return wrong


def without_readv():
    """In the child: process_vm_readv fails with ENOSYS from here on."""
    def statement(code, k, jt=0, jf=0):
        return struct.pack('=HBBI', code, jt, jf, k)
    number, enosys = 310, 38
    program = (statement(0x20, 0) +              # BPF_LD | BPF_W | BPF_ABS: seccomp_data.nr
               statement(0x15, number, 0, 1) +   # BPF_JMP | BPF_JEQ | BPF_K
               statement(0x06, 0x50000 | enosys) +  # BPF_RET | BPF_K: SECCOMP_RET_ERRNO
               statement(0x06, 0x7fff0000))      # SECCOMP_RET_ALLOW
    kept = ctypes.create_string_buffer(program, len(program))
    libc = ctypes.CDLL(None, use_errno=True)
    header = ctypes.create_string_buffer(struct.pack('HxxxxxxP', len(program) // 8, ctypes.addressof(kept)))
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, header):  # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP: SECCOMP_MODE_FILTER
        raise OSError(ctypes.get_errno(), 'seccomp')
    if libc.syscall(number, 0, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() != enosys:
        raise OSError('the call is not refused')


def filtered(options, folder):
    case = Case(options, folder)
    subject = case.start()
    for name, prepare in (('free', None), ('filtered', without_readv)):
        command = [case.exuvia, 'snapshot', str(subject.pid), '-o', os.path.join(folder, name)]
        try:
            done = subprocess.run(command, preexec_fn=prepare)
        except subprocess.SubprocessError as error:
            raise process.Skip('this machine takes no filter of system calls: %s' % error)
        if done.returncode:
            return ['%s: exit status %d' % (name, done.returncode)]
    end(subject)
    free, other = [case.load(os.path.join(folder, name), name + '-loaded') for name in ('free', 'filtered')]
    wrong = missing('filtered', case, other) + no_anomalies('filtered', other)
    for table in ('object', 'reference', 'root', 'ledger', 'content', 'chunk'):
        if free.execute('SELECT * FROM %s' % table).fetchall() != other.execute('SELECT * FROM %s' % table).fetchall():
            wrong.append('%s differs' % table)
    return wrong


KINDS = {kind.__name__: kind for kind in (reserved, dontdump, script, filtered, upgraded)}


def run(options):
    with place.Place(options.python).folder() as folder:
        try:
            return runner.verdict(KINDS[options.kind](options, folder))
        finally:
            for subject in started:  # whatever failed
                end(subject)


def parser():
    made = runner.parser(__doc__)
    made.add_argument('kind', choices=sorted(KINDS))
    return made


if __name__ == '__main__':
    runner.main(run, parser())
