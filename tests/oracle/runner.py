"""What the scripts of this folder begin and end with: their options, a process that stands where it is to be dumped, and
the verdict.
"""
import argparse
import contextlib
import os
import subprocess
import sys

import place
import process


def plain_parser(description):
    """With --exuvia."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument('--exuvia', required=True)
    return made


def parser(description, python=None):
    """With --python (`python` is what it is if not given; None: it must be), --exuvia and --chroot."""
    made = plain_parser(description)
    made.add_argument('--python', required=python is None, default=python)
    place.add_options(made)
    return made


@contextlib.contextmanager
def standing(where, words, says=b'x', failure='the subject did not start', prepare=None, **options):
    """The process that has written this line or letter, and stands still; it is ended at the end."""
    options.setdefault('stdin', subprocess.DEVNULL)
    subject = where.start(words, prepare, stdout=subprocess.PIPE, **options)
    try:
        said = subject.stdout.read(1) if len(says) == 1 else subject.stdout.readline().strip()
        if said != says:
            raise process.Failure(failure)
        yield subject
    finally:
        subject.kill()
        subject.wait()


def verdict(wrong, good='agrees', bad='DIFFERS', most=None):
    """The exit status for these lines."""
    for line in wrong[:most]:
        print('  ' + line)
    print((bad % len(wrong) if '%d' in bad else bad) if wrong else good)
    return 1 if wrong else 0


def main(check, options):
    """Ends with the exit status that `check` gives for the parser's options, process.SKIP where this machine can't run it."""
    options = options.parse_args()
    if hasattr(options, 'chroot'):
        place.resolve(options)
    for path in (getattr(options, 'python', options.exuvia), options.exuvia):
        if not os.access(path, os.X_OK):
            print('SKIP no %s' % path)
            sys.exit(process.SKIP)
    options.exuvia = os.path.abspath(options.exuvia)
    try:
        status = check(options)
    except process.Skip as reason:
        print('SKIP %s' % reason)
        status = process.SKIP
    except process.Failure as reason:
        print('FAILED %s' % reason)
        status = 1
    sys.exit(status)
