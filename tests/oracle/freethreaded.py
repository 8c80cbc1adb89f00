"""A free-threaded build is recognised and refused, with what was found: the core of a 3.13 or later whose debug offsets are
changed to say that they are of such a build (no distribution at hand has a real one).

    freethreaded.py --python PY --exuvia EXUVIA

Exit status: 0 refused as it should be, 1 not, 77 this machine can't run it.
"""
import argparse, mmap, os, struct, subprocess, sys, tempfile

import place
import process

COOKIE = b'xdebugpy'


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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--python', required=True)
    parser.add_argument('--exuvia', required=True)
    place.add_options(parser)
    options = parser.parse_args()
    place.resolve(options)
    for needed in (options.python, options.exuvia):
        if not os.access(needed, os.X_OK):
            print('SKIP no %s' % needed)
            return process.SKIP
    where = place.Place(options.python)
    with where.folder() as folder:
        subject = where.start(['-S', '-c', 'import os, time; os.write(1, b"x"); time.sleep(3600)'],
                              stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        try:
            subject.stdout.read(1)
            core = process.gcore(subject.pid, folder)
        except process.Skip as reason:
            print('SKIP %s' % reason)
            return process.SKIP
        finally:
            subject.kill()
            subject.wait()
        if not change(core):
            print('FAILED no debug offsets in the core')
            return 1
        done = subprocess.run([options.exuvia, 'load', core, '-o', os.path.join(folder, 'db')] + where.load_options, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        left = os.path.exists(os.path.join(folder, 'db'))
    print(done.stdout.strip())
    good = done.returncode == 3 and 'CPython 3.' in done.stdout and 'was found in /' in done.stdout and \
        'free-threaded' in done.stdout and not left
    print('refused' if good else 'FAILED exit status %d' % done.returncode)
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
