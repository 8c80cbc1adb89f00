"""A free-threaded build is recognised and refused, with what was found. Of a real one (tools/nogil.sh makes them) with the
file there, stripped, and gone, under its own name and under one that tells nothing, from both kinds of core; of any other
3.13 or later, a core whose debug offsets are changed to say that they are of such a build.

    freethreaded.py --python PY --exuvia EXUVIA

Exit status: 0 refused as it should be, 1 not, 77 this machine can't run it.
"""
import mmap, os, re, shutil, struct, subprocess

import place
import process
import runner

COOKIE = b'xdebugpy'
STANDS = ['-S', '-c', 'import os, time; os.write(1, b"x"); time.sleep(3600)']
ASK = "import sys, sysconfig; maps = open('/proc/self/maps');" \
      "print('\\n'.join([str(sysconfig.get_config_var('Py_GIL_DISABLED') or 0), sys.executable, sys.base_prefix," \
      "'%d.%d.%d' % sys.version_info[:3]] + sorted(set(l.split()[5] for l in maps if '/libpython' in l))))"


def change(path):
    """Sets _Py_DebugOffsets.free_threaded, the third word behind the cookie."""
    changed = 0
    with open(path, 'r+b') as file, mmap.mmap(file.fileno(), 0) as core:
        at = core.find(COOKIE)
        while at >= 0:
            version, threaded = struct.unpack_from('<QQ', core, at + 8)
            if version >> 24 == 3 and threaded == 0:
                struct.pack_into('<Q', core, at + 16, 1)
                changed += 1
            at = core.find(COOKIE, at + 8)
    return changed


def dump(where, folder, kind, **options):
    with runner.standing(where, STANDS, prepare=process.raise_core_limit, **options) as subject:
        return process.gcore(subject.pid, folder) if kind == 'gcore' else process.kernel_core(subject.pid, folder, folder)


def refused(exuvia, core, words, version, found_in):
    """The message is right, and there is no database."""
    database = core + '.db'
    done = subprocess.run([exuvia, 'load', core, '-o', database] + words, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    wanted = re.compile(r'exuvia: %s: CPython %s was found in %s; it is a free-threaded build' % (
        re.escape(core), version, found_in))
    good = done.returncode == 3 and wanted.match(done.stdout) and not os.path.exists(database)
    if not good:
        print('FAILED exit status %d\n%s' % (done.returncode, done.stdout.strip()))
    return good, done.stdout.strip()


def real(options, executable, prefix, version, shared):
    """Refused in each state of the file, `shared` its libpython's files."""
    good, skipped = True, None
    for name in (os.path.basename(executable), 'application'):
        for kind in ('gcore', 'kernel'):
            with place.Place(options.python).folder() as folder:
                copies = [shutil.copy(os.path.realpath(executable), os.path.join(folder, name))]
                copies += [shutil.copy(path, folder) for path in shared]
                try:
                    core = dump(place.Place(copies[0]), folder, kind, cwd=folder,
                                env=dict(os.environ, PYTHONHOME=prefix, LD_LIBRARY_PATH=folder))
                except process.Skip as reason:
                    print('SKIP %s: %s' % (kind, reason))
                    skipped = reason
                    continue
                for state, files in (('there', []), ('stripped', ['strip']), ('gone', ['rm'])):
                    if files:
                        subprocess.run(files + copies, check=True)
                    held, said = refused(options.exuvia, core, [], re.escape(version), re.escape(copies[-1]))
                    print('%s, %s, file %s: %s' % (name, kind, state, said))
                    good = good and held
    if skipped and good:
        raise process.Skip(skipped)
    return good


def changed(options):
    where = place.Place(options.python)
    with where.folder() as folder:
        core = dump(where, folder, 'gcore')
        if not change(core):
            raise process.Failure('no debug offsets in the core')
        held, said = refused(options.exuvia, core, where.load_options, r'3\.[0-9.abrc]+', '/[^;]+')
        print(said)
        return held


def run(options):
    where = place.Place(options.python)
    said = where.ask(ASK).split('\n') if not where.root else ['0']
    return real(options, *said[1:4], said[4:-1]) if said[0] == '1' else changed(options)


def checked(options):
    good = run(options)
    print('refused' if good else 'FAILED')
    return 0 if good else 1


if __name__ == '__main__':
    runner.main(checked, runner.parser(__doc__))
