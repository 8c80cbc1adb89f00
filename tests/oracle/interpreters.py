"""Every CPython 3.11 of this machine, as 'label=path' joined by ';', for CMake."""
import glob
import os
import subprocess
import sys


def candidates():
    for directory in os.environ.get('PATH', '').split(os.pathsep):
        yield os.path.join(directory, 'python3.11')
    yield '/usr/bin/python3.11'
    yield '/usr/local/bin/python3.11'
    for root in {os.environ.get('PYENV_ROOT', ''), os.path.expanduser('~/.pyenv')}:
        yield from sorted(glob.glob(os.path.join(root, 'versions', '3.11*', 'bin', 'python3.11')))


def main():
    found = {}
    for path in candidates():
        if not os.access(path, os.X_OK):
            continue
        try:
            # A pyenv shim is a script that finds the interpreter anew; ask it who it is.
            said = subprocess.run([path, '-I', '-S', '-c', 'import platform, sys; print(sys.executable, platform.python_version())'],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=30).stdout.split()
        except (OSError, subprocess.SubprocessError):
            continue
        if len(said) == 2 and said[1].startswith('3.11.'):
            found.setdefault(os.path.realpath(said[0]), said[1])
    entries = []
    for path, version in found.items():
        label = version if list(found.values()).count(version) == 1 else version + path.replace(os.sep, '-')
        entries.append('%s=%s' % (label, path))
    print(';'.join(sorted(entries)))


if __name__ == '__main__':
    sys.exit(main())
