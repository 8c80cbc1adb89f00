"""A core alone: the interpreter's files are gone when it is loaded, and it has no file-backed pages (the default filter).
What the load finds is held against the load of the same core with the files present: every object, every type's name,
every reference, the stack with its locals. And it must say what is degraded, and which option would mend it.

    alone.py --python PY --exuvia EXUVIA [--dump kernel|gcore]

Exit status: 0 agrees, 1 differs, 77 this machine can't run it.
"""
import collections, os, shutil, sqlite3, subprocess, time

import place
import process
import runner

SUBJECT = r'''
import collections, datetime, functools, io, os, re, sys, threading, time
class Slots(object):
    __slots__ = ('left', 'right')
class Plain(object):
    pass
slots = [Slots() for _ in range(500)]
for i, s in enumerate(slots):
    s.left = i
    s.right = [i]
plain = [Plain() for _ in range(500)]
for i, p in enumerate(plain):
    p.x = 'text %d' % i
    p.y = {i: i}
things = [collections.deque(range(1000)), collections.defaultdict(list, {1: [2]}), functools.partial(int, '5'),
          collections.OrderedDict((i, i) for i in range(100)), datetime.datetime.now(), re.compile('a+'), io.BytesIO(b'x' * 100),
          iter([1]), iter((1,)), iter({1: 2}), enumerate('ab'), threading.Lock(), slice(1), property(len), {1}.__iter__()]
def generate():
    kept = 5
    yield kept
generator = generate()
next(generator)
def handler(request):
    body = 'this is the body'
    try:
        raise ValueError('bad')
    except ValueError as e:
        error = e
        os.write(1, b'x')
        time.sleep(3600)
handler(1)
'''
# A chroot need not have /proc; its interpreter is Debian's, without a libpython.
ASK = "import os, sys, sysconfig; maps = '/proc/self/maps'; maps = open(maps) if os.path.exists(maps) else ();" \
      "print('\\n'.join([sys.executable, sysconfig.get_path('stdlib'), '%d.%d' % sys.version_info[:2]] +" \
      "sorted(set(l.split()[5] for l in maps if '/libpython' in l))))"
LEFT_OUT = ('test', 'tests', 'site-packages', 'dist-packages', 'idlelib', 'lib2to3', 'ensurepip', 'tkinter', 'turtledemo', 'pydoc_data')


def copy_interpreter(python, folder):
    """The interpreter's files, copied to a place that can go; (home, command, environment)."""
    where = place.Place(python)
    executable, library, version, *shared = [where.root + line for line in where.ask(ASK).split('\n') if line]
    version = version[len(where.root):]
    home = os.path.join(folder, 'home')
    os.makedirs(os.path.join(home, 'bin'))
    copy = shutil.copy(os.path.realpath(executable), os.path.join(home, 'bin', 'python' + version))
    shutil.copytree(library, os.path.join(home, 'lib', 'python' + version), symlinks=False, ignore_dangling_symlinks=True,
                    ignore=lambda _, names: [n for n in names if n in LEFT_OUT or n.startswith('config-') or n == 'config'])
    for path in shared:
        shutil.copy(path, os.path.join(home, 'lib', os.path.basename(path)))
    inside = where.inside(home)
    return home, [copy], dict(os.environ, PYTHONHOME=inside, LD_LIBRARY_PATH=os.path.join(inside, 'lib'), PYTHONHASHSEED='0')


class Loaded:
    def __init__(self, exuvia, core, database, options):
        process.load(exuvia, core, database, options)
        db = sqlite3.connect(database)
        self.path = database
        self.objects = {a: (module, name) for a, module, name in db.execute(
            'SELECT o.address, t.module, t.qualname FROM object o JOIN type t ON t.id = o.type_id')}
        self.references = collections.Counter(db.execute(
            'SELECT a.address, b.address FROM reference r JOIN object a ON a.id = r.referrer_id '
            'JOIN object b ON b.id = r.referent_id'))
        self.frames = db.execute('SELECT function, line FROM frame ORDER BY id').fetchall()
        self.variables = sorted(db.execute('SELECT f.function, v.name, o.address FROM variable v JOIN frame f ON f.id = v.frame_id '
                                           'LEFT JOIN object o ON o.id = v.object_id'), key=repr)
        self.generations = db.execute('SELECT generation, threshold, count, objects FROM gc_generation').fetchall()
        self.anomalies = db.execute('SELECT kind, message FROM anomaly').fetchall()


def compare(there, alone, exuvia):
    wrong = []
    lost = there.objects.keys() - alone.objects.keys()
    named = sum(alone.objects.get(a) == name for a, name in there.objects.items())
    other = collections.Counter((there.objects[a], name) for a, name in alone.objects.items()
                                if a in there.objects and there.objects[a] != name)
    common = sum((there.references & alone.references).values())
    print('  objects %d of %d, named the same %d, references %d of %d, frames %d, locals %d' % (
        len(there.objects) - len(lost), len(there.objects), named, common, sum(there.references.values()),
        len(alone.frames), len(alone.variables)))
    for (was, now), count in other.most_common(10):
        print('  %d %s is %s' % (count, was, now))
    # 2.7 keeps its small ints in blocks of malloc's; those that nothing refers to are found by a symbol alone
    spare = set(a for a in lost if there.objects[a] == ('builtins', 'int'))
    if lost - spare or len(spare) > 8:
        wrong.append('%d objects are lost: %s' % (len(lost), collections.Counter(there.objects[a] for a in lost).most_common(5)))
    if alone.objects.keys() - there.objects.keys():
        wrong.append('%d objects are none' % len(alone.objects.keys() - there.objects.keys()))
    if sum(other.values()) > len(there.objects) // 2000:
        wrong.append('%d objects have types of another name' % sum(other.values()))
    if there.references != alone.references and sum(other.values()) == 0:
        wrong.append('references differ')
    if common < sum(there.references.values()) * 0.999:
        wrong.append('references are lost')
    for name in ('frames', 'variables', 'generations'):
        if getattr(there, name) != getattr(alone, name):
            wrong.append('%s differ: %r, %r' % (name, getattr(there, name)[:5], getattr(alone, name)[:5]))
    if 'files-absent' in dict(there.anomalies):
        wrong.append('files are said to be absent that are there')
    told = dict(alone.anomalies).get('files-absent', '')
    info = subprocess.run([exuvia, 'info', alone.path], stdout=subprocess.PIPE, text=True).stdout
    if '--sysroot' not in told or 'degraded' not in info:
        wrong.append('it is not said what is degraded: %r' % told)
    return wrong


def compared(options, folder):
    home, command, environment = copy_interpreter(options.python, folder)
    where = place.Place(command[0])
    with runner.standing(where, ['-s', '-c', SUBJECT], prepare=process.raise_core_limit, cwd=folder, env=environment) as subject:
        time.sleep(0.2)
        core = process.gcore(subject.pid, folder) if options.dump == 'gcore' else process.kernel_core(subject.pid, folder, folder)
    exuvia = options.exuvia
    there = Loaded(exuvia, core, os.path.join(folder, 'there.db'), where.load_options)
    shutil.rmtree(home)
    return compare(there, Loaded(exuvia, core, os.path.join(folder, 'alone.db'), []), exuvia)


def run(options):
    with place.Place(options.python).folder() as folder:
        return runner.verdict(compared(options, folder))


def parser():
    made = runner.parser(__doc__)
    made.add_argument('--dump', choices=('gcore', 'kernel'), default='kernel')
    return made



if __name__ == '__main__':
    runner.main(run, parser())
