"""Every CPython of this machine and, with EXUVIA_CHROOTS=DIR, of the chroots in that folder, as 'label=path' joined by
';', for CMake; those of --only VERSION ('3.11') alone. --debug: the chroots' Py_DEBUG builds, which have no other list. --free-threaded:
free-threaded builds alone, which no other list has; EXUVIA_NOGIL=DIR names a folder of them (tools/nogil.sh)."""
import argparse
import glob
import os
import re
import subprocess
import sys

import place
import process

NAME = re.compile(r'python[23]\.[0-9]+$')
FREE_THREADED = re.compile(r'python3\.[0-9]+t$')
DEBUG = re.compile(r'python(3\.[0-9]+d|2\.[0-9]+-dbg)$')
# Under any CPython from 2.7 on; others (PyPy) are none of ours.
WHO = "import platform, sys; print('%s%s %s %s' % (platform.python_implementation()," \
      " 't' in getattr(sys, 'abiflags', '') and '-t' or '', platform.python_version(), sys.executable))"


def candidates(name):
    roots = {os.environ.get('PYENV_ROOT', ''), os.path.expanduser('~/.pyenv')}
    folders = os.environ.get('PATH', '').split(os.pathsep) + ['/usr/bin', '/usr/local/bin']
    more = [os.path.join(root, 'versions', '*', 'bin') for root in roots]
    if name is FREE_THREADED and os.environ.get('EXUVIA_NOGIL'):
        more.append(os.path.join(os.path.abspath(os.environ['EXUVIA_NOGIL']), '*', 'bin'))
    for folder in folders + [f for pattern in more for f in sorted(glob.glob(pattern))]:
        for path in sorted(glob.glob(os.path.join(folder, 'python[23].*'))):
            if name.match(os.path.basename(path)) and os.access(path, os.X_OK):
                yield path


def in_chroots(name):
    """Those a chroot has; the label ends in its name: '3.14.10-sid'."""
    folder, found = os.environ.get('EXUVIA_CHROOTS'), []
    for path in sorted(glob.glob(os.path.join(os.path.abspath(folder), '*', 'usr', 'bin', 'python[23].*'))) if folder else ():
        where = place.Place(path)
        if not where.root or not name.match(os.path.basename(path)):
            continue
        try:
            said = where.ask(WHO).split()
        except (OSError, subprocess.SubprocessError, process.Skip):
            continue  # another machine's code, or we are not root
        if said[:1] == ['CPython']:
            found.append(('%s-%s' % (said[1], os.path.basename(where.root)), said[1], path))
    return found


def interpreters(free_threaded=False):
    """[(label, version, path)], by version; the label is the version, with the path if two have the same."""
    found = {}
    for path in candidates(FREE_THREADED if free_threaded else NAME):
        try:
            # A pyenv shim is a script that finds the interpreter anew; ask it who it is.
            said = subprocess.run([path, '-S', '-E', '-c', WHO], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  text=True, timeout=30).stdout.split(None, 2)
        except (OSError, subprocess.SubprocessError):
            continue
        if len(said) == 3 and said[0] == ('CPython-t' if free_threaded else 'CPython'):
            found.setdefault(os.path.realpath(said[2].strip()), said[1])
    versions = list(found.values())
    here = [(version if versions.count(version) == 1 else version + path.replace(os.sep, '-'), version, path)
            for path, version in found.items()]
    return sorted(here + ([] if free_threaded else in_chroots(NAME)), key=lambda i: [int(n) for n in re.findall(r'\d+', i[1])] + [i[2]])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--only', help='a minor version')
    parser.add_argument('--debug', action='store_true')
    parser.add_argument('--free-threaded', action='store_true')
    options = parser.parse_args()
    found = in_chroots(DEBUG) if options.debug else interpreters(options.free_threaded)
    print(';'.join('%s=%s' % (label, path) for label, version, path in found
                   if options.only in (None, '.'.join(version.split('.')[:2]))))


if __name__ == '__main__':
    sys.exit(main())
