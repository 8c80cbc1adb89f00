#!/usr/bin/env python3
"""Runs the oracle under every CPython of this machine and prints version x measure: what was expected, or
'found/expected' and '+surplus' where they differ. What went wrong follows as a list, type by type with examples.

    table.py --exuvia build/exuvia [--only 3.8] [--heap plain --heap zoo]

EXUVIA_TRY_ANY_VERSION=1 asks about versions that the program does not claim to read yet. Exit status: 0 all agree.
"""
import argparse
import os
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import interpreters
import oracle
import place
import process
from checker import Check
from malloc_check import Memory

HEAPS = ('plain', 'zoo', 'deep', 'freed', 'random1')


class Column:
    """One interpreter's figures, summed over the heaps."""

    def __init__(self, label):
        self.label = label
        self.sums = {}     # measure -> [expected, found, extra]
        self.unasked = {}
        self.wrong = []    # lines
        self.seconds = 0.0

    def add(self, heap, check):
        self.unasked.update(check.unasked)
        for measure in check.measures:
            total = self.sums.setdefault(measure.name, [0, 0, 0])
            total[0] += measure.expected
            total[1] += measure.found
            total[2] += measure.extra
            if measure.failed:
                kinds = ', '.join('%s %d (%.160s)' % (kind, count, '; '.join(measure.examples[kind]))
                                  for kind, count in measure.by_type.most_common(6))
                self.wrong.append('%s %s: %s: %s' % (self.label, heap, measure.name, kinds))

    def cell(self, name):
        if name in self.unasked:
            return 'not asked'
        if name not in self.sums:
            return '-'
        expected, found, extra = self.sums[name]
        return ('%d' % expected if found == expected else '%d/%d' % (found, expected)) + (' +%d' % extra if extra else '')


def ask(column, python, heap, options, scratch):
    with tempfile.TemporaryDirectory(prefix='exuvia-table-', dir=scratch) as directory:
        with process.Subject(python, heap, options.pause, directory) as subject:
            for complaint in process.agrees_with_child(subject):
                column.wrong.append('%s %s: the oracle is wrong: %s' % (column.label, heap, complaint))
            core = subject.kernel_core() if subject.loses_memory() else subject.gcore()
            database = os.path.join(directory, 'db')
            column.seconds += process.load(os.path.abspath(options.exuvia), core, database, subject.place.load_options)
            check = Check(subject.record, database, memory=Memory(core))
            check.run()
            column.add(heap, check)
            check.db.close()


def show(columns):
    names = list(dict.fromkeys(name for column in columns for name in column.sums))
    names += [name for column in columns for name in column.unasked if name not in names]
    rows = [['measure'] + [column.label for column in columns], None]
    rows += [[name] + [column.cell(name) for column in columns] for name in dict.fromkeys(names)]
    rows.append(['seconds to load'] + ['%.1f' % column.seconds for column in columns])
    widths = [max(len(row[n]) for row in rows if row) for n in range(len(rows[0]))]
    for row in rows:
        print('| ' + ' | '.join(cell.ljust(width) for cell, width in zip(row or ['-' * w for w in widths], widths)) + ' |')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--exuvia', required=True)
    parser.add_argument('--only', action='append', help='a minor version; more than once for more of them')
    parser.add_argument('--heap', action='append', dest='heaps')
    parser.add_argument('--python', action='append', default=[], help='these instead of all that are found')
    parser.add_argument('--pause')
    place.add_options(parser)
    options = parser.parse_args()
    place.resolve(options)
    begun, columns = time.monotonic(), []
    found = [(os.path.basename(path), None, path) for path in options.python] or interpreters.interpreters()
    with tempfile.TemporaryDirectory(prefix='exuvia-table-') as scratch:
        options.pause = oracle.pause_library(options.pause, scratch)
        for label, version, python in found:
            if options.only and '.'.join(version.split('.')[:2]) not in options.only:
                continue
            column = Column(label)
            columns.append(column)
            for heap in options.heaps or HEAPS:
                try:
                    ask(column, python, heap, options, scratch)
                except process.Skip as reason:
                    column.wrong.append('%s %s: SKIP %s' % (label, heap, reason))
                except process.Failure as reason:
                    column.wrong.append('%s %s: FAILED %s' % (label, heap, ' '.join(str(reason).split())))
                    print(column.wrong[-1], file=sys.stderr)
    show(columns)
    wrong = [line for column in columns for line in column.wrong]
    for line in wrong:
        print(line)
    print('%d interpreters, %.0f s in all' % (len(columns), time.monotonic() - begun))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
