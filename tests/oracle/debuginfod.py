"""A core whose interpreter's files are gone is loaded with `--debuginfod`: the binaries and debug files come from a server (this
script; elfutils' protocol is GET /buildid/HEX/executable and .../debuginfo), and the database is the same as where the files
were. Beside that: no server named, a server that is not there, one that gives another file than it was asked for.

    debuginfod.py --python PY --exuvia EXUVIA

Exit status: 0 the same, 1 something differs, 77 this machine can't run it.
"""
import ctypes, http.server, os, shutil, sqlite3, subprocess, threading

import alone
import debugfiles
import elf
import place
import process
import runner


class Server:
    """Files by (build-id, what); `asked` is what it was asked for."""

    def __init__(self, files):
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                words = tuple(self.path.split('/')[2:4])
                outer.asked.append(words)
                path = files(*words)
                self.send_response(200 if path else 404)
                self.end_headers()
                if path:
                    with open(path, 'rb') as file:
                        shutil.copyfileobj(file, self.wfile)

            def log_message(self, *words):
                pass

        self.http = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = 'http://127.0.0.1:%d' % self.http.server_port


def split_files(home, command, debug):
    """Strips the interpreter's files, their debug files go to `debug`; the files by build-id."""
    files, found = elf.files_of(home, command), {}
    for path in files:
        one = elf.Elf(path)
        if one.build_id:
            found[one.build_id] = path
        if one.has_dwarf and one.build_id:
            elf.only_debug(path, debug, one.build_id)
    elf.strip(files)
    if elf.Elf(files[0]).has_dwarf or not os.path.isdir(debug):
        raise process.Skip('no DWARF to split off')
    return found


class Case:
    def __init__(self, options, directory):
        self.exuvia, self.directory, self.count = options.exuvia, directory, 0
        home, command, environment = alone.copy_interpreter(options.python, directory)
        self.debug, self.gone = os.path.join(directory, 'debug'), os.path.join(directory, 'gone')
        files = split_files(home, command, self.debug)
        self.core = debugfiles.dump(command[0], environment, directory)
        self.whole = debugfiles.Loaded(self.exuvia, self.core, os.path.join(directory, 'whole.db'), ['--debug-dir', self.debug])
        os.rename(home, self.gone)
        self.files = {build_id: self.gone + path[len(home):] for build_id, path in files.items()}

    def serve(self, build_id, what):
        if what == 'executable':
            return self.files.get(build_id)
        folder = debugfiles.is_found([self.debug], build_id)
        return folder and os.path.join(folder, '.build-id', build_id[:2], build_id[2:] + '.debug')

    def environment(self, url):
        self.count += 1
        return dict(os.environ, DEBUGINFOD_URLS=url, DEBUGINFOD_TIMEOUT='20',
                    DEBUGINFOD_CACHE_PATH=os.path.join(self.directory, 'cache%d' % self.count))

    def load(self, name, url):
        """(finished process, database)"""
        database = os.path.join(self.directory, name + '.db')
        done = subprocess.run([self.exuvia, 'load', self.core, '-o', database, '--debuginfod', '--progress', 'never'],
                              env=self.environment(url), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return done, database


def meta(database, key):
    return sqlite3.connect(database).execute('SELECT value FROM meta WHERE key = ?', (key,)).fetchone()[0]


def good_server(case):
    server = Server(case.serve)
    os.environ.update(case.environment(server.url))
    database = os.path.join(case.directory, 'fetched.db')
    fetched = debugfiles.Loaded(case.exuvia, case.core, database, ['--debuginfod'])
    print('asked for %d files, %d of them are the interpreter\'s; the layout is from %s' % (
        len(set(server.asked)), sum(build_id in case.files for build_id, _ in set(server.asked)), fetched.said))
    wrong = fetched.wrong('with --debuginfod', ('dwarf',))
    wrong += debugfiles.compare(case.whole, fetched, {**debugfiles.SAME, **debugfiles.WITHOUT_SYMBOLS})
    if meta(database, 'sandbox') != meta(case.whole.path, 'sandbox'):
        wrong.append('the sandbox is %s, without --debuginfod %s' % (meta(database, 'sandbox'), meta(case.whole.path, 'sandbox')))
    return wrong


def other_server(case):
    """A file of another build-id, whatever it is asked for."""
    file = next(iter(case.files.values()))
    own = elf.Elf(file).build_id
    server = Server(lambda build_id, what: file if what == 'executable' and build_id != own else None)
    done, database = case.load('other', server.url)
    if done.returncode:
        return ['another file: exit status %d, %s' % (done.returncode, done.stderr)]
    told = sqlite3.connect(database).execute("SELECT count(*) FROM anomaly WHERE kind = 'build-id-mismatch'").fetchone()[0]
    used = sqlite3.connect(database).execute("SELECT count(DISTINCT build_id) FROM mapping WHERE backing = 'file' AND build_id IN"
                                             " (%s)" % ','.join('?' * (len(case.files) - 1)),
                                             [b for b in case.files if b != own]).fetchone()[0]
    return [] if told and not used else ['another file: %d anomalies, %d files used' % (told, used)]


def no_server(case):
    done, _ = case.load('unnamed', '')
    wrong = [] if done.returncode == 2 and 'DEBUGINFOD_URLS' in done.stderr else [
        'no server named: exit status %d, %s' % (done.returncode, done.stderr)]
    done, database = case.load('closed', 'http://127.0.0.1:1')
    if done.returncode or not sqlite3.connect(database).execute('SELECT count(*) FROM object').fetchone()[0]:
        wrong.append('a server that is not there: exit status %d, %s' % (done.returncode, done.stderr))
    return wrong


def run(options):
    with place.Place(options.python).folder() as directory:
        try:
            ctypes.CDLL('libdebuginfod.so.1')
        except OSError:
            raise process.Skip('no libdebuginfod')
        case = Case(options, directory)
        return runner.verdict(good_server(case) + other_server(case) + no_server(case), 'the same')


if __name__ == '__main__':
    runner.main(run, runner.parser(__doc__))
