"""Where an interpreter lies: on this machine, or in a chroot (tools/chroots.sh makes them) whose C library and paths are
others. A process in a chroot is dumped from outside, and its files are found with --sysroot.
"""
import os
import shutil
import subprocess
import tempfile

import process


class Place:
    def __init__(self, python):
        """A chroot is told by its interpreter's path: a folder above it has an /etc/os-release, and is not /."""
        above = os.path.dirname(os.path.abspath(python))
        while above != '/' and not os.path.exists(above + '/etc/os-release'):
            above = os.path.dirname(above)
        self.root = above if above != '/' else ''
        self.python = self.inside(os.path.abspath(python)) if self.root else python
        self.load_options = ['--sysroot', self.root] if self.root else []

    def inside(self, path):
        """The path as the interpreter says it."""
        return path[len(self.root):] if self.root and path.startswith(self.root + os.sep) else path

    def folder(self, parent=None):
        """A temporary folder that the interpreter sees, too."""
        return tempfile.TemporaryDirectory(prefix='exuvia-place-', dir=self.root + '/tmp' if self.root else parent)

    def visible(self, files, folder):
        """The files' paths inside; copies in `folder` where the originals can't be seen."""
        if not self.root:
            return [os.path.abspath(path) for path in files]
        return [self.inside(shutil.copy(path, folder)) for path in files]

    def start(self, words, prepare=None, **options):
        """Popen of the interpreter with these arguments; cwd is a path outside."""
        def enter():
            if prepare:
                prepare()
            if self.root:
                os.chroot(self.root)  # the working folder lies below and stays
        if self.root:
            if os.geteuid():
                raise process.Skip('only root enters a chroot')
            options.setdefault('cwd', self.root)
        return subprocess.Popen([self.python] + words, preexec_fn=enter, **options)

    def ask(self, code):
        """What a line of Python prints there."""
        asked = self.start(['-S', '-E', '-c', code], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True)
        return asked.communicate(timeout=60)[0]


def add_options(parser):
    parser.add_argument('--chroot', metavar='DIR', help='where --python lies, if not on this machine')


def resolve(options):
    """--python becomes a path of this machine, which Place takes apart again."""
    if options.chroot:
        root = os.path.abspath(options.chroot)
        inside = lambda path: path if path.startswith(root + os.sep) else root + os.path.abspath(path)
        options.python = [inside(p) for p in options.python] if isinstance(options.python, list) else inside(options.python)
