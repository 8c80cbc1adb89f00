#!/usr/bin/env python3
"""The shipped rows against layouts.tsv, a table that was made by other means (gdb): every member that both have must lie
in the same place. Exit status: 0 they agree, 1 they differ, 77 the table is not there.

    check_layouts.py ROWS_DIRECTORY LAYOUTS_TSV
"""
import os
import re
import sys


def table_name(row):
    """'3.13.5-debian-debug' -> '3.13.5d', as layouts.tsv calls that build."""
    version, *rest = row.split('-')
    if version == '2.7.18':
        return '2.7.18' + ('deb' if 'debian' in rest else '') + ('-d' if 'debug' in rest else '')
    return version + ('d' if 'debug' in rest else '')


def read_row(path):
    """(structure, member) -> (offset, size); the size of a structure has no member."""
    found, structure = {}, None
    with open(path) as file:
        for line in file:
            words = line.rstrip('\n').split('\t')
            if line.startswith('#') or words[0] in ('version', 'vendor', 'build-id', 'build') or len(words) < 2:
                continue
            if words[0]:
                structure = re.sub(r'(\w)__(_?\w+)$', r'\1@\2.c', words[0]) if '__' in words[0][1:] else words[0]
                found[structure, ''] = (0, int(words[1]))
            elif len(words) >= 4:
                found[structure, words[1]] = (int(words[2]), int(words[3]))
    return found


def read_table(path, wanted):
    tables = {name: {} for name in wanted}
    with open(path) as file:
        for line in file:
            words = line.rstrip('\n').split('\t')
            if not line.startswith('#') and words[0] in tables and len(words) > 4 and words[4]:
                tables[words[0]][words[1], words[2]] = (int(words[3] or 0), int(words[4]))
    return tables


def main():
    rows, table = sys.argv[1:3]
    if not os.path.exists(table):
        print('SKIP no %s' % os.path.basename(table))
        return 77
    names = sorted(name[:-4] for name in os.listdir(rows) if name.endswith('.tsv'))
    tables = read_table(table, {table_name(name) for name in names})
    differ = compared = 0
    for name in names:
        mine, theirs = read_row(os.path.join(rows, name + '.tsv')), tables[table_name(name)]
        both = [key for key in mine if key in theirs]
        for key in both:
            # A flexible array has size 0 there, that of an element here.
            if mine[key][0] != theirs[key][0] or (theirs[key][1] and key[1] == '' and mine[key][1] != theirs[key][1]):
                print('%s: %s.%s is at %d (%d bytes), layouts.tsv says %d (%d)' % ((name,) + key + mine[key] + theirs[key]))
                differ += 1
        print('%s: %d of %d facts compared' % (name, len(both), len(mine)))
        compared += len(both)
    return 1 if differ or not compared else 0


if __name__ == '__main__':
    sys.exit(main())
