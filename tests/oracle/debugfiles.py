"""A stripped interpreter, one core, loaded with and without --debug-dir: `info` says what the layout is from (DWARF with it;
else the process's debug offsets or a shipped row), and the rest is the same: objects with types, sizes and refcounts,
references with names, values, threads, frames, lines, locals. With the DWARF alone, without the symbols that lie in debug
files, too, so is what is told of owners and of roots (`interned`, small ints of 2.7, free lists: symbols name those).

    debugfiles.py --python PY --exuvia EXUVIA [--debug-dir DIR]...

An interpreter that has its DWARF inside is copied, and that is split off. Of a stripped one (Debian's) the debug files are
those of the folders given, of EXUVIA_DEBUG_DIRS (joined by ':'), and of a chroot's own /usr/lib/debug; all are found by the
build-id. What lies in this machine's /usr/lib/debug is found by every load, so that there is no 'without'.

Exit status: 0 the same, 1 something differs, 77 this machine can't run it.
"""
import os, shutil, sqlite3, subprocess, time

import alone
import elf
import place
import process
import runner

SAME = {
    'objects': 'SELECT o.address, t.address, o.shallow_size, o.refcount, o.generation, o.storage'
               ' FROM object o LEFT JOIN object t ON t.id = o.type_id ORDER BY 1',
    'types': 'SELECT o.address, t.module, t.qualname, t.basicsize, t.itemsize, t.flags, b.address, t.heap FROM type t'
             ' JOIN object o ON o.id = t.id LEFT JOIN object b ON b.id = t.base_id ORDER BY 1',
    'references': 'SELECT a.address, r.ordinal, b.address, r.kind, r.name, r.position, r.confidence FROM reference r'
                  ' JOIN object a ON a.id = r.referrer_id JOIN object b ON b.id = r.referent_id ORDER BY 1, 2, 3, 4, 5, 6',
    'values': 'SELECT o.address, c.length, c.text, c.truncated FROM content c JOIN object o ON o.id = c.object_id ORDER BY 1',
    'threads': 'SELECT address, ident, native_id, name, holds_gil FROM thread ORDER BY id',
    'frames': 'SELECT f.thread_id, f.depth, f.kind, o.address, c.address, f.function, f.qualname, f.filename, f.line FROM frame f'
              ' LEFT JOIN object o ON o.id = f.object_id LEFT JOIN object c ON c.id = f.code_id ORDER BY f.id',
    'variables': 'SELECT v.frame_id, v.name, v.kind, o.address FROM variable v LEFT JOIN object o ON o.id = v.object_id'
                 ' ORDER BY 1, 2, 3, 4',
    'collector': 'SELECT generation, threshold, count, objects FROM gc_generation ORDER BY 1',
}
WITHOUT_SYMBOLS = {
    'footprints': 'SELECT address, footprint, retained_size, reachable, root_distance FROM object ORDER BY 1',
    'roots': 'SELECT o.address, r.kind, r.name FROM root r JOIN object o ON o.id = r.object_id ORDER BY 1, 2, 3',
    'owners': 'SELECT allocator, owner, blocks, bytes FROM block_owner ORDER BY 1, 2',
    'ledger': 'SELECT category, bytes, count FROM ledger ORDER BY 1',
}


def is_found(folders, build_id):
    for folder in folders:
        path = os.path.join(folder, '.build-id', build_id[:2], build_id[2:] + '.debug')
        if os.path.exists(path):
            return folder
    return None


def without_symbols(database, debug, folder):
    """Copies of the process's debug files that have DWARF alone."""
    for build_id, in sqlite3.connect(database).execute('SELECT DISTINCT build_id FROM mapping WHERE build_id IS NOT NULL'):
        if is_found([debug], build_id):
            name = os.path.join('.build-id', build_id[:2], build_id[2:] + '.debug')
            os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
            copy = elf.Elf(shutil.copy(os.path.realpath(os.path.join(debug, name)), os.path.join(folder, name)))
            if '.symtab' in copy.headers:
                copy.hide('.symtab')
    return folder


def without_debug(root, database, folder):
    """A sysroot with what of the chroot is mapped in the process, and no /usr/lib/debug."""
    db = sqlite3.connect(database)
    for path, in db.execute('SELECT DISTINCT path FROM mapping WHERE path IS NOT NULL').fetchall():
        inside = path[len(root):] if path.startswith(root + os.sep) else path
        if os.path.exists(root + inside):
            os.makedirs(folder + os.path.dirname(inside), exist_ok=True)
            os.symlink(root + inside, folder + inside)
    return folder


def prepare(options, directory):
    """(the interpreter, its environment, the folder with its debug files)"""
    binary = elf.binary_of(options.python)
    file = elf.Elf(binary)
    if not file.build_id:
        raise process.Skip('%s has no build-id' % binary)
    if is_found(['/usr/lib/debug'], file.build_id):
        raise process.Skip('its debug files lie in /usr/lib/debug, where every load finds them')
    if not file.has_dwarf:
        where = place.Place(options.python)
        folders = options.debug_dir + [f for f in os.environ.get('EXUVIA_DEBUG_DIRS', '').split(':') if f]
        found = is_found(folders + ([where.root + '/usr/lib/debug'] if where.root else []), file.build_id)
        if not found:
            raise process.Skip('no debug files of %s (build-id %s)' % (binary, file.build_id))
        return options.python, None, found
    home, command, environment = alone.copy_interpreter(options.python, directory)
    files, debug = elf.files_of(home, command), os.path.join(directory, 'debug')
    for path in files:
        one = elf.Elf(path)
        if one.has_dwarf and one.build_id:
            elf.only_debug(path, debug, one.build_id)
    elf.strip(files)
    return command[0], environment, debug


def dump(python, environment, directory):
    with runner.standing(place.Place(python), ['-s', '-c', alone.SUBJECT], env=environment) as subject:
        time.sleep(0.2)
        return process.gcore(subject.pid, directory)


class Loaded:
    def __init__(self, exuvia, core, database, words):
        process.load(exuvia, core, database, words)
        db = sqlite3.connect(database)
        db.text_factory = bytes
        self.path = database
        self.rows = {name: db.execute(query).fetchall() for name, query in {**SAME, **WITHOUT_SYMBOLS}.items()}
        self.source = db.execute("SELECT value FROM meta WHERE key = 'layout_source'").fetchone()[0].decode()
        self.doubts = db.execute("SELECT kind, message FROM anomaly WHERE kind LIKE 'layout%'").fetchall()
        info = subprocess.run([exuvia, 'info', database], stdout=subprocess.PIPE, text=True, errors='replace').stdout
        self.said = next((line.split(None, 2)[2] for line in info.split('\n') if line.startswith('layout from')), '')

    def wrong(self, name, sources):
        found = ['%s: %s' % doubt for doubt in self.doubts]
        if self.source not in sources or self.said != self.source:
            found.append('%s the layout is from %s (info: %s)' % (name, self.source, self.said))
        return found


def compare(one, other, names, spare=0):
    """What differs in these tables; `one` may have as many more rows of each."""
    wrong = []
    for name in names:
        less, more = set(other.rows[name]) - set(one.rows[name]), set(one.rows[name]) - set(other.rows[name])
        if less or len(more) > spare:
            wrong.append('%s differ: %d %r, without %d %r' % (
                name, len(more), sorted(more, key=repr)[:4], len(less), sorted(less, key=repr)[:4]))
    return wrong


def compared(options, directory):
    exuvia = options.exuvia
    python, environment, debug = prepare(options, directory)
    core = dump(python, environment, directory)
    where = place.Place(python)

    def load(name, words):
        return Loaded(exuvia, core, os.path.join(directory, name + '.db'), words)
    whole = load('whole', where.load_options + ['--debug-dir', debug])
    if where.root and os.path.exists(where.root + '/usr/lib/debug'):
        where.load_options = ['--sysroot', without_debug(where.root, whole.path, os.path.join(directory, 'sysroot'))]
    plain = load('plain', where.load_options)
    bare = load('bare', where.load_options + ['--debug-dir', without_symbols(whole.path, debug, os.path.join(directory, 'bare'))])
    print('with --debug-dir: %s; without: %s; %s' % (
        whole.said, plain.said, ', '.join('%d %s' % (len(plain.rows[name]), name) for name in SAME)))
    # 2.7 keeps small ints in blocks of malloc's; those that nothing refers to are found by a symbol alone (alone.py)
    spare = 8 if where.ask('import sys; print(sys.version_info[0])').strip() == '2' else 0
    return (whole.wrong('with --debug-dir', ('dwarf',)) + plain.wrong('without --debug-dir', ('table', 'debug-offsets')) +
            bare.wrong('with DWARF alone', ('dwarf',)) + compare(whole, plain, SAME, spare) +
            ['with DWARF alone, ' + line for line in compare(bare, plain, {**SAME, **WITHOUT_SYMBOLS})])


def run(options):
    with place.Place(options.python).folder() as directory:
        return runner.verdict(compared(options, directory), 'the same')


def parser():
    made = runner.parser(__doc__)
    made.add_argument('--debug-dir', action='append', default=[], help='searched for the interpreter\'s debug files')
    return made



if __name__ == '__main__':
    runner.main(run, parser())
