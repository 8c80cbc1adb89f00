"""A program with two libpythons in one process: the objects of one are listed, `several-interpreters` names the other, and
--libpython reads that one. All objects that the collector of each knows must be in its database, and none of the other's. A
library that nobody initialized is passed over.

    severalpythons.py --python PY --other PY --exuvia EXUVIA        both with a shared libpython

Exit status: 0 agrees, 1 differs, 77 this machine can't run it.
"""
import json, os, shutil, sqlite3, subprocess, time

import place
import process
import runner

PROGRAM = r'''
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* LIBRARY HOME SCRIPT, again and again; a script '' is not run, and its library not initialized */
int main(int argc, char **argv)
{
    for (int i = 1; i + 2 < argc; i += 3) {
        void *library = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
        if (!library) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        if (!*argv[i + 2])
            continue;
        void (*initialize)(int) = (void (*)(int))dlsym(library, "Py_InitializeEx");
        int (*run)(const char *, void *) = (int (*)(const char *, void *))dlsym(library, "PyRun_SimpleStringFlags");
        setenv("PYTHONHOME", argv[i + 1], 1);
        initialize(0);
        if (run(argv[i + 2], NULL) != 0)
            return 1;
    }
    write(1, "x", 1);
    for (;;)
        pause();
}
'''
SCRIPT = r'''
import gc
gc.disable()
class %(name)s(object):
    pass
held = [%(name)s() for _ in range(1000)]
kept = gc.get_objects()  # alive from now on, this code included
seen = [id(o) for o in kept]
out = open(%(record)r, 'w')
out.write(repr(seen))
out.close()
'''
ASK = "import sys, sysconfig; print(sys.prefix); print('%d.%d' % sys.version_info[:2]);" \
      "print(sysconfig.get_config_var('LIBDIR') + '/' + sysconfig.get_config_var('INSTSONAME'))"


class Python:
    def __init__(self, path, name, folder):
        self.home, self.version, self.library = place.Place(path).ask(ASK).split()
        if '.so' not in self.library or not os.path.exists(self.library):
            raise process.Skip('%s has no shared libpython' % path)
        self.name, self.record = name, os.path.join(folder, name + '.json')

    def words(self, runs=True):
        return [self.library, self.home, SCRIPT % {'name': self.name, 'record': self.record} if runs else '']

    def seen(self):
        with open(self.record) as file:
            return set(json.load(file))


class Loaded:
    def __init__(self, exuvia, core, words):
        database = core + '.db'
        process.load(exuvia, core, database, words)
        db = sqlite3.connect(database)
        self.version, = db.execute("SELECT value FROM meta WHERE key = 'python_version'").fetchone()
        self.objects = {address for address, in db.execute('SELECT address FROM object')}
        self.named = dict(db.execute('SELECT t.qualname, count(*) FROM object o JOIN type t ON t.id = o.type_id GROUP BY 1'))
        self.others = [text for text, in db.execute("SELECT message FROM anomaly WHERE kind = 'several-interpreters'")]

    def wrong(self, what, python, other, two):
        found = []
        if not self.version.startswith(python.version + '.'):
            found.append('%s: the database is of Python %s, not %s' % (what, self.version, python.version))
        missing = python.seen() - self.objects
        if missing:
            found.append('%s: %d of %d objects are not there' % (what, len(missing), len(python.seen())))
        if self.named.get(python.name) != 1000 or other.name in self.named:
            found.append('%s: %s of %s, %s of %s' % (what, self.named.get(python.name), python.name, self.named.get(other.name), other.name))
        if two and not any(other.library in text for text in self.others):
            found.append('%s: the other is not named: %r' % (what, self.others))
        return found


def dump(program, words, folder):
    subject = subprocess.Popen([program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        if subject.stdout.read(1) != b'x':
            raise process.Failure('the program did not start: %s' % subject.stderr.read().decode(errors='replace'))
        time.sleep(0.1)
        return process.gcore(subject.pid, folder)
    finally:
        subject.kill()
        subject.wait()


def compared(options, folder):
    compiler = shutil.which('gcc') or shutil.which('cc')
    if not compiler:
        raise process.Skip('no compiler')
    source, program = os.path.join(folder, 'program.c'), os.path.join(folder, 'program')
    with open(source, 'w') as file:
        file.write(PROGRAM)
    subprocess.run([compiler, source, '-o', program, '-ldl'], check=True)
    one, other = Python(options.python, 'HeldByOne', folder), Python(options.other, 'HeldByOther', folder)
    core = dump(program, one.words() + other.words(), folder)
    first = Loaded(options.exuvia, core, [])
    chosen, rest = (one, other) if first.version.startswith(one.version + '.') else (other, one)
    wrong = first.wrong('of itself', chosen, rest, True)
    wrong += Loaded(options.exuvia, core, ['--libpython', rest.library]).wrong('--libpython', rest, chosen, True)
    wrong += Loaded(options.exuvia, core, ['--libpython', os.path.basename(chosen.library)]).wrong('by its name', chosen, rest, True)
    done = subprocess.run([options.exuvia, 'load', core, '-o', core + '.none', '--libpython', 'libpython9.9.so'],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 3 or one.library not in done.stderr or other.library not in done.stderr:
        wrong.append('one that is not there: exit status %d, %s' % (done.returncode, done.stderr))
    core = dump(program, other.words(False) + one.words(), folder)
    wrong += Loaded(options.exuvia, core, []).wrong('beside one that is not initialized', one, other, False)
    print('%s of %s and %d of %s objects' % (len(one.seen()), one.version, len(other.seen()), other.version))
    return wrong


def run(options):
    with place.Place(options.python).folder() as folder:
        return runner.verdict(compared(options, folder))


def parser():
    made = runner.parser(__doc__)
    made.add_argument('--other', required=True)
    return made


if __name__ == '__main__':
    runner.main(run, parser())
