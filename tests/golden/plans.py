#!/usr/bin/env python3
"""How does SQLite answer our questions? Asks for the plan of every query of schema/queries and schema/cookbook.

A table that has a row for each object, reference, string, variable, block or chunk of the process may be read as a whole only
when the question is about all of it. The query says so in a comment, `-- scans: object, content`, and that is held here
against the plan: a table that is scanned has to be named, and one that is named has to be scanned. An index that SQLite makes
for itself in the middle of a query counts as a scan, too, and so does reading an index of such a table from end to end.

    plans.py --exuvia build/exuvia [--cache DIR] [--show NAME]
"""
import argparse
import glob
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

import cookbook
import golden

SCHEMA = os.path.dirname(cookbook.RECIPES)
LARGE = {'object', 'reference_row', 'content', 'variable', 'pool', 'chunk', 'cycle_member', 'root'}
ALIASES = {'reference': 'reference_row'}  # views


def names_of(sql):
    """{alias or name: tables} of what stands behind FROM and JOIN and commas; tables that are not large, and WITHs, as ''."""
    found = {}
    for before, table, alias in re.findall(r'(\bFROM|\bJOIN|,)\s+\(?(\w+)(?:\s+(?:AS\s+)?(?!ON\b|WHERE\b|JOIN\b|LEFT\b)(\w+))?', sql, re.I):
        table = ALIASES.get(table, table)
        if before != ',' or table in LARGE:
            found.setdefault(alias or table, set()).add(table if table in LARGE else '')
    return found


def plan(database, sql):
    plain = re.sub(r"'(?:[^']|'')*'", "''", sql)
    values = {name: None for name in re.findall(r':(\w+)', plain)} or [None] * len(set(re.findall(r'\?\d+', plain)))
    while True:
        try:
            return [row[3] for row in database.execute('EXPLAIN QUERY PLAN ' + sql, values)]
        except sqlite3.OperationalError as error:
            missing = re.match(r'no such function: (\w+)', str(error)) # one of ours: a plan needs no more than its name
            if not missing:
                raise
            database.create_function(missing.group(1), -1, lambda *arguments: None)


def scanned(database, sql):
    """The large tables that the plan reads as a whole, and complaints."""
    names, tables, complaints = names_of(sql), set(), []
    for detail in plan(database, sql):
        scan = re.match(r'SCAN (?:TABLE )?(\w+)', detail) or re.match(r'SEARCH (?:TABLE )?(\w+).* USING AUTOMATIC', detail)
        if not scan:
            continue
        name = scan.group(1)
        found = names.get(name, {name} & LARGE)
        if len(found) > 1:
            complaints.append('%s stands for several tables: give each a name of its own' % name)
        tables |= found - {''}
    return tables, complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--exuvia', required=True)
    parser.add_argument('--cache')
    parser.add_argument('--show', metavar='NAME', help='print the plan of that file')
    options = parser.parse_args()
    if not os.path.exists(options.exuvia):
        print('SKIP no exuvia at %s' % options.exuvia)
        return 77
    exuvia, failed, count = os.path.abspath(options.exuvia), 0, 0
    with tempfile.TemporaryDirectory(prefix='exuvia-plans-') as own:
        cache = golden.cache_of(options.cache, exuvia) if options.cache else own
        os.makedirs(cache, exist_ok=True)
        database = sqlite3.connect('file:%s?mode=ro' % cookbook.database_at('worker', exuvia, cache), uri=True)
        for path in sorted(glob.glob(os.path.join(SCHEMA, '*', '*.sql'))):
            kind, name = os.path.relpath(path, SCHEMA)[:-4].split(os.sep)
            if kind == 'assertions':
                continue
            count += 1
            with open(path) as file:
                text = file.read()
            sql = cookbook.statement(text)
            if options.show == name:
                print('\n'.join(plan(database, sql)))
            tables, complaints = scanned(database, sql)
            said = cookbook.marker(text, 'scans')
            for table in sorted(tables - said):
                complaints.append('scans %s without need, or does not say `-- scans: %s`' % (table, table))
            for table in sorted(said - tables):
                complaints.append('says that it scans %s, but does not' % table)
            for complaint in complaints:
                print('FAIL %s/%s: %s' % (kind, name, complaint))
            failed += bool(complaints)
    print('%d queries' % count)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
