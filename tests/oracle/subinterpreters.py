"""Several interpreters in one process, each with a thread that stands still: every object that the collector of each
tells of is in the database, as what it is, with what it refers to.

    subinterpreters.py --python PY --exuvia EXUVIA

Exit status: 0 agrees, 1 differs, 77 this machine can't run it.
"""
import os, sqlite3, subprocess

import place
import process
import runner

SUBJECT = r'''
import gc, os, sys, threading, time
gc.disable()
folder = sys.argv[1]
if sys.version_info < (3, 9):
    print('SKIP its interpreters share one collector')
    sys.exit()
try:
    import _interpreters as interpreters
    kinds, create = ('legacy', 'isolated'), interpreters.create
except ImportError:
    try:
        import _xxsubinterpreters as interpreters
    except ImportError:
        print('SKIP no subinterpreters here')
        sys.exit()
    kinds, create = (False, True), lambda isolated: interpreters.create(isolated=isolated)
code = """
import gc, os
gc.disable()
class Held%(n)d(object):
    def __init__(self, number):
        self.number = number
held = [Held%(n)d(i) for i in range(1000)]
text = ['interpreter %(n)d item %%d' %% i for i in range(500)]
def where_%(n)d(out, done, go, wait):
    named_%(n)d = {'first': held[0]}
    os.write(done, b'x')
    os.read(go, 1)  # which of old shares things with its elders: ask when all are there
    for o in gc.get_objects():
        seen.append(id(o))
        seen.append(id(type(o)))
        referents = gc.get_referents(o)
        seen.append(len(referents))
        for referent in referents:
            seen.append(id(referent))
    os.write(out, repr(seen).encode())
    os.write(done, b'x')
    os.read(wait, 1)
seen = []
where_%(n)d(%(out)d, %(done)d, %(go)d, %(wait)d)
"""
done, finished = os.pipe()
wait, never = os.pipe()
threads, gates = [], []
for n, kind in enumerate(kinds + kinds, 1):
    number = create(kind)
    out = os.open('%s/%d' % (folder, int(number)), os.O_WRONLY | os.O_CREAT, 0o600)
    gates.append(os.pipe())
    source = code % {'n': n, 'out': out, 'done': finished, 'go': gates[-1][0], 'wait': wait}
    threads.append(threading.Thread(target=interpreters.run_string, args=(number, source), daemon=True))
    threads[-1].start()
    os.read(done, 1)
for gate in gates:
    os.write(gate[1], b'x')
    os.read(done, 1)
out = os.open(folder + '/0', os.O_WRONLY | os.O_CREAT, 0o600)
os.write(gates[0][1], b'x')
exec(code % {'n': 0, 'out': out, 'done': 1, 'go': gates[0][0], 'wait': wait})
'''


def records(text):
    """(id, id of the type, ids of referents) of each object."""
    numbers = iter([int(n) for n in text.strip('[]').split(',')])
    return [(address, next(numbers), [next(numbers) for _ in range(next(numbers))]) for address in numbers]


def compare(db, record, interpreter):
    """Lines that say what differs."""
    found = {a: (t, g, n) for n, a, t, g in db.execute(
        'SELECT o.id, o.address, t.address, o.generation FROM object o JOIN object t ON t.id = o.type_id')}
    names = dict(db.execute('SELECT o.address, t.qualname FROM type t JOIN object o ON o.id = t.id'))
    references = {}
    for a, b in db.execute('SELECT a.address, b.address FROM reference r JOIN object a ON a.id = r.referrer_id '
                           'JOIN object b ON b.id = r.referent_id'):
        references.setdefault(a, set()).add(b)
    wrong, total, untracked = [], 0, 0
    # What only the asking held: the function that asks for the list, and frames that are gone by now.
    gone = [address for address, kind, _ in record
            if address not in found and names.get(kind) == 'builtin_function_or_method']
    for address, kind, referents in record:
        if address in gone[:1]:
            continue
        if found.get(address, (0,))[0] != kind:
            wrong.append('%#x %s is %s' % (address, names.get(kind), names.get(found.get(address, (0,))[0])))
            continue
        untracked += found[address][1] is None
        if names[kind] in ('frame', 'module') or 'seen' in names[kind]:  # a frame goes on; a module's state is its own
            continue
        for referent in referents:
            total += 1
            if referent not in references.get(address, ()) and referent in found:
                wrong.append('%#x %s -> %#x %s is not there' % (
                    address, names[kind], referent, names.get(found[referent][0])))
            elif referent not in found:
                wrong.append('%#x %s -> %#x is no object' % (address, names[kind], referent))
    if untracked:
        wrong.append('%d objects are in no generation' % untracked)
    counted, = db.execute('SELECT sum(objects) FROM gc_generation WHERE interpreter_id = ? AND generation < 3',
                          (interpreter,)).fetchone()
    if not counted or not 0 <= counted - len(record) <= 8:  # the asking's own lists came after it
        wrong.append('gc_generation counts %s objects of %d' % (counted, len(record)))
    print('interpreter %d: %d objects, %d references, %s in gc_generation; %d wrong' % (
        interpreter, len(record), total, counted, len(wrong)))
    return wrong


def check(options, folder):
    where = place.Place(options.python)
    if process.gcore_loses_memory(where):
        core = process.kernel_core(options.pid, folder, folder)
    else:
        core = process.gcore(options.pid, folder)
    database = os.path.join(folder, 'db')
    process.load(os.path.abspath(options.exuvia), core, database, where.load_options)
    db = sqlite3.connect(database)
    wrong = []
    for number in range(5):
        with open(os.path.join(folder, str(number))) as file:
            record = records(file.read())
        wrong += ['interpreter %d: %s' % (number, line) for line in compare(db, record, number)]
        functions = [row[0] for row in db.execute(
            'SELECT f.function FROM frame f JOIN thread t ON t.id = f.thread_id WHERE t.interpreter_id = ?', (number,))]
        if 'where_%d' % number not in functions:
            wrong.append('interpreter %d: its threads run %r' % (number, functions))
        variables = db.execute("SELECT count(*) FROM variable v JOIN frame f ON f.id = v.frame_id JOIN thread t ON "
                               "t.id = f.thread_id WHERE t.interpreter_id = ? AND v.name = ?",
                               (number, 'named_%d' % number)).fetchone()[0]
        held = db.execute("SELECT count(*) FROM object o JOIN type t ON t.id = o.type_id WHERE t.qualname = ? AND o.reachable",
                          ('Held%d' % number,)).fetchone()[0]
        if variables != 1 or held != 1000:
            wrong.append('interpreter %d: %d locals named_%d, %d reachable instances' % (number, variables, number, held))
    wrong += ['anomaly %s: %s' % row for row in db.execute('SELECT kind, message FROM anomaly')]
    return wrong


def run(options):
    where = place.Place(options.python)
    with where.folder() as folder:
        subject = where.start(['-c', SUBJECT, where.inside(folder)], process.raise_core_limit, stdout=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, cwd=folder)
        try:
            said = subject.stdout.read(2)
            if said != b'xx':
                rest = (said + subject.stdout.read()).decode(errors='replace').strip()
                if rest.startswith('SKIP'):
                    raise process.Skip(rest[4:].strip())
                raise process.Failure('the subject did not start: %r' % rest)
            options.pid = subject.pid
            wrong = check(options, folder)
        finally:
            subject.kill()
            subject.wait()
    return runner.verdict(wrong, bad='DIFFERS: %d', most=40)



if __name__ == '__main__':
    runner.main(run, runner.parser(__doc__))
