#!/usr/bin/env python3
"""Writes src/layout/printable.def: the characters that some version of Python 3 does not print, asked of interpreters.

    printable.py src/layout/printable.def PYTHON...        one interpreter for each minor version from 3.6 on

With --ask it prints what the interpreter that runs it says: for a chroot, '--ask' is run there and its output given as a
file in PYTHON's place.
"""
import itertools
import os
import subprocess
import sys

HEAD = '''/* Characters that str.isprintable() refuses, which repr() writes as escapes (Objects/unicodectype.c,
 * _PyUnicode_IsPrintable: categories Cc, Cf, Cs, Co, Cn, Zl, Zp and Zs but the space; the Unicode database grows with the
 * minor versions): the first, the last, the minor version of Python 3 from which on they are printable (NEVER: none yet).
 * Written by tools/printable.py. */
'''


def ask():
    print(sys.version_info[1])
    print(''.join('01'[chr(c).isprintable()] for c in range(sys.maxunicode + 1)))


def main():
    if sys.argv[1:] == ['--ask']:
        return ask()
    answers = {}
    for python in sys.argv[2:]:
        if os.access(python, os.X_OK):
            said = subprocess.run([python, __file__, '--ask'], check=True, stdout=subprocess.PIPE).stdout.decode()
        else:
            with open(python) as file:
                said = file.read()
        minor, characters = said.split()
        answers[int(minor)] = characters
    minors = sorted(answers)
    if minors[0] != 6 or minors != list(range(6, 6 + len(minors))):
        sys.exit('minor versions are missing: %s' % minors)
    with open(sys.argv[1], 'w') as out:
        out.write(HEAD)
        place = 0
        for vector, run in itertools.groupby(zip(*(answers[minor] for minor in minors))):
            size = len(list(run))
            if '0' in vector:
                since = minors[vector.index('1')] if '1' in vector else None
                if since and '0' in vector[vector.index('1'):]:
                    sys.exit('%#x is no longer printable in a later version: the table has no place for that' % place)
                out.write('EXU_UNPRINTABLE(%#x, %#x, %s)\n' % (place, place + size - 1, since or 'NEVER'))
            place += size


if __name__ == '__main__':
    main()
