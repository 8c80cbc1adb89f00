"""Applications that embed CPython: a program that links libpython (shared, static, stripped, of the debug build), and
uWSGI with a worker in the middle of a request. What the collector tells inside of it must be in the database, as must the
stack with its locals and the chain from the handler's frame to the list of pieces that it holds.

    embedded.py --exuvia EXUVIA KIND      shared | static | static-pie | stripped | debug | uwsgi

Exit status: 0 agrees, 1 differs, 77 this machine can't run it.
"""
import json, os, shutil, signal, socket, sqlite3, subprocess, tempfile, threading, time, urllib.request

import process
import runner
import subinterpreters

# What runs inside: `handler` tells of itself, then stands still.
CODE = r'''
import gc, os, time
class Held(object):
    def __init__(self, number):
        self.number = number
FOLDER = %(folder)r
def tell(seen):
    out = os.open(os.path.join(FOLDER, 'record'), os.O_WRONLY | os.O_CREAT, 0o600)
    for o in gc.get_objects():
        seen.append(id(o))
        seen.append(id(type(o)))
        referents = gc.get_referents(o)
        seen.append(len(referents))
        for referent in referents:
            seen.append(id(referent))
    os.write(out, repr(seen).encode())
    os.close(out)
seen = []
def handler(environ):
    gc.disable()
    known = Held(12345)
    pieces = ['piece %%d of the response' %% i for i in range(4000)]
    tell(seen)
    os.close(os.open(os.path.join(FOLDER, 'pid.%%d' %% os.getpid()), os.O_WRONLY | os.O_CREAT, 0o600))
    time.sleep(3600)
def application(environ, start_response):
    handler(environ)
'''
PROGRAM = r'''
#include <Python.h>
int main(int argc, char **argv)
{
    FILE *file = fopen(argv[1], "r");
    Py_Initialize();
    int failed = argc < 2 || !file || PyRun_SimpleFile(file, argv[1]);
    Py_Finalize();
    return failed;
}
'''


# What distributions put into their binaries (Debian 12 does not), and what the database makes of it.
PACKAGE = {'type': 'deb', 'os': 'debian', 'name': 'embedder "1"', 'version': '1:2.3-4~x', 'architecture': 'x86_64', 'osCpe': 'cpe:/o:debian:12'}
PACKAGE_ROW = ('deb', 'embedder "1"', '1:2.3-4~x', 'x86_64', 'debian', None, 'cpe:/o:debian:12', None)


def can_have_package(kind):
    linker = shutil.which('ld')
    return kind != 'uwsgi' and linker and '--package-metadata' in subprocess.run([linker, '--help'], stdout=subprocess.PIPE, text=True).stdout


PLACES = ('/usr/lib/x86_64-linux-gnu', '/usr/lib', '/usr/lib/python3.11/config-3.11-x86_64-linux-gnu')


def build(kind, folder):
    """The path of the program."""
    configure = shutil.which('python3.11-config', path='/usr/bin')
    compiler = shutil.which('gcc') or shutil.which('cc')
    library = {'shared': 'libpython3.11.so', 'debug': 'libpython3.11d.so', 'static-pie': 'libpython3.11-pic.a'}.get(kind, 'libpython3.11.a')
    found = [os.path.join(d, library) for d in PLACES if os.path.exists(os.path.join(d, library))]
    if not configure or not compiler or not found:
        raise process.Skip('no compiler, or no %s of libpython3.11-dev' % library)
    flags = subprocess.run([configure, '--includes'], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    if kind == 'debug':
        flags = [flag.replace('python3.11', 'python3.11d') for flag in flags]
    source, program = os.path.join(folder, 'program.c'), os.path.join(folder, 'program')
    with open(source, 'w') as file:
        file.write(PROGRAM)
    words = [compiler, source, '-o', program, *flags]
    words += ['-no-pie'] if kind in ('static', 'stripped') else ['-pie', '-fPIE']
    words += [found[0]] if kind in ('shared', 'debug') else ['-Wl,--export-dynamic', '-Wl,--whole-archive', found[0],
                                                             '-Wl,--no-whole-archive', '-lexpat']
    if can_have_package(kind):
        words += ['-Xlinker', '--package-metadata=' + json.dumps(PACKAGE)]
    words += ['-lz', '-lm', '-ldl', '-lpthread', '-lutil']
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise process.Skip('the program can\'t be linked: %s' % done.stdout.strip()[-200:])
    if kind == 'stripped':
        subprocess.run(['strip', program], check=True)
    return program


def start(kind, folder, port):
    script = os.path.join(folder, 'application.py')
    with open(script, 'w') as file:
        file.write(CODE % {'folder': folder} + ('' if kind == 'uwsgi' else 'handler({})\n'))
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE='1')
    environment.pop('PYTHONHOME', None)
    if kind != 'uwsgi':
        return subprocess.Popen([build(kind, folder), script], cwd=folder, env=environment, stdin=subprocess.DEVNULL)
    uwsgi = shutil.which('uwsgi')
    if not uwsgi:
        raise process.Skip('uwsgi is not installed')
    with open(os.path.join(folder, 'log'), 'w') as log:
        return subprocess.Popen([uwsgi, '--plugin', 'python3', '--http-socket', '127.0.0.1:%d' % port, '--wsgi-file', script,
                                 '--master', '--processes', '2', '--enable-threads', '--need-app'], cwd=folder, env=environment,
                                stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def request(port):
    try:
        urllib.request.urlopen('http://127.0.0.1:%d/' % port, timeout=100).read()
    except OSError:
        pass


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def wait_for_pid(kind, subject, folder, port):
    asked = False
    for _ in range(600):
        for name in os.listdir(folder):
            if name.startswith('pid.'):
                time.sleep(0.2)
                return int(name[4:])
        if subject.poll() is not None:
            with_log = os.path.join(folder, 'log')
            text = open(with_log).read()[-300:] if os.path.exists(with_log) else ''
            if 'unable to load' in text or 'UNABLE to load' in text:
                raise process.Skip('uwsgi has no plugin python3')
            raise process.Failure('the application ended: %s' % text)
        if kind == 'uwsgi' and not asked:
            try:
                socket.create_connection(('127.0.0.1', port), 1).close()
            except OSError:
                pass
            else:
                asked = True
                threading.Thread(target=request, args=(port,), daemon=True).start()
        time.sleep(0.1)
    raise process.Failure('the application does not come to its handler')


def package_rows(path):
    with sqlite3.connect(path) as db:
        return db.execute("SELECT path, build_id, type, name, version, architecture, os, os_version, os_cpe, debug_info_url FROM package "
                          "WHERE name LIKE 'embedder%'").fetchall()


def check_package(exuvia, kind, core, database, folder):
    """Of the core, and of a pack of it on a machine without the files."""
    if not can_have_package(kind):
        print('SKIP packages: the linker writes no package notes')
        return []
    found = package_rows(database)
    if [row[2:] for row in found] != [PACKAGE_ROW] or os.path.basename(found[0][0]) != 'program':
        return ['package: %r' % found]
    said = subprocess.run([exuvia, 'info', database], stdout=subprocess.PIPE, text=True).stdout
    wrong = [] if 'embedder "1" 1:2.3-4~x (deb)' in said else ['info does not show the package: %s' % said[:1500]]
    pack = os.path.join(folder, 'pack')
    subprocess.run([exuvia, 'pack', core, '-o', pack], check=True, stdout=subprocess.DEVNULL)
    process.load(exuvia, pack, pack + '.db', ['--sysroot', '/nonexistent'])
    if package_rows(pack + '.db') != found:
        wrong.append('package of the pack: %r instead of %r' % (package_rows(pack + '.db'), found))
    return wrong


def check(exuvia, kind, pid, folder):
    core = process.gcore(pid, folder)
    database = os.path.join(folder, 'db')
    process.load(exuvia, core, database)
    db = sqlite3.connect(database)
    wrong = ['anomaly %s: %s' % row for row in db.execute('SELECT kind, message FROM anomaly')]
    row = db.execute("SELECT f.id, t.interpreter_id FROM frame f JOIN thread t ON t.id = f.thread_id WHERE f.function = 'handler'").fetchone()
    if not row:
        return wrong + ['no thread is in handler']
    frame, interpreter = row
    with open(os.path.join(folder, 'record')) as file:
        wrong += subinterpreters.compare(db, subinterpreters.records(file.read()), interpreter)
    held = db.execute("SELECT t.qualname FROM variable v JOIN object o ON o.id = v.object_id JOIN type t ON t.id = o.type_id "
                      "WHERE v.frame_id = ? AND v.name = 'known'", (frame,)).fetchall()
    if held != [('Held',)]:
        wrong.append('known is %r' % held)
    said = subprocess.run([exuvia, 'chain', database, '--from', 'frame:handler', '--to', 'chunks', '--format', 'json'],
                          stdout=subprocess.PIPE, text=True)
    chains = json.loads(said.stdout) if said.returncode == 0 else []
    if not any(c['count'] == 4000 and any(s.get('name') == 'pieces' for s in c['steps']) for c in chains):
        wrong.append('the chain to the pieces is not there: %.300s' % said.stdout)
    return wrong + check_package(exuvia, kind, core, database, folder)


def run(options):
    subject = None
    with tempfile.TemporaryDirectory(prefix='exuvia-embedded-') as folder:
        try:
            port = free_port()
            subject = start(options.kind, folder, port)
            wrong = check(options.exuvia, options.kind, wait_for_pid(options.kind, subject, folder, port), folder)
        finally:
            if subject:
                subject.send_signal(signal.SIGQUIT if options.kind == 'uwsgi' else signal.SIGKILL)
                try:
                    subject.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    subject.kill()
                    subject.wait()
    return runner.verdict(wrong, bad='DIFFERS: %d', most=30)


def parser():
    made = runner.plain_parser(__doc__)
    made.add_argument('kind', choices=('shared', 'static', 'static-pie', 'stripped', 'debug', 'uwsgi'))
    return made


if __name__ == '__main__':
    runner.main(run, parser())
