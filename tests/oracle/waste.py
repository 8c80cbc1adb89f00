#!/usr/bin/env python3
"""What `exuvia waste` says of a process that wastes memory in known ways, held against what the process counts itself: copies of
strs and bytes, lists with room, sparse dicts and sets, empty containers, dicts that lost key sharing, and what a class
with __slots__ really takes less.

    waste.py --python /usr/bin/python3.11 --exuvia build/release/exuvia
"""
import argparse
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
import place
import process

SUBJECT = '''
from __future__ import print_function
import gc, json, sys
gc.disable()
PY2 = sys.version_info[0] == 2
probes = [bytes(bytearray(n % 7 + 30)) for n in range(200)]
UNIT = 16 if all(id(o) % 16 == 0 for o in probes) else 8  # Objects/obmalloc.c: ALIGNMENT
def rounded(size):
    return (size + UNIT - 1) // UNIT * UNIT
def spent(o):
    """What the allocator spends on it: small ones are rounded up."""
    return rounded(sys.getsizeof(o))
counted = {}

copies = [''.join(['copy of ', 'a text ', 'x' * 75]) for _ in range(500)]
tail = b'y'
raw = [bytes(bytearray(b'copy of bytes ' + tail * 87)) for _ in range(300)]
if PY2:
    copies = [unicode(c) for c in copies]
counted['copies'] = [len(copies), len(copies[0]), sum(map(spent, copies[1:]))]
counted['raw'] = [len(raw), len(raw[0]), sum(map(spent, raw[1:]))]

lists = []
for n in range(1000, 1100):
    lists.append(list(range(n)))
    del lists[-1][700:]
counted['lists'] = {str(id(a)): [len(a), sys.getsizeof(a) - sys.getsizeof([]) - 8 * len(a)] for a in lists}

def filled(kind, keys):
    """As one that only ever got these."""
    made = kind()
    for key in keys:
        if kind is dict:
            made[key] = None
        else:
            made.add(key)
    return made
counted['tables'] = {}
tables = []
for n in (500, 1000, 3000, 20000):
    for left in (0, 3, 10, 40, 100):
        a, b = filled(dict, range(n)), filled(set, range(n))
        for key in list(a)[left:]:
            del a[key]
            b.remove(key)
        tables += [a, b]
        for table, kind in (a, dict), (b, set):
            counted['tables'][str(id(table))] = [left, sys.getsizeof(table) - sys.getsizeof(kind(table))]

class Holder(object):
    def __init__(self):
        self.items, self.names, self.seen, self.full = [], {}, set(), [1]
holders = [Holder() for _ in range(300)]
one = Holder()
counted['empty'] = {name: [300, 300 * spent(o)] for name, o in (('items', [] ), ('names', {}), ('seen', set()))}
del one

NAMES = 'host', 'port', 'state', 'body', 'error'
class Plain(object):
    def __init__(self):
        self.host = self.port = self.state = self.body = self.error = None
class Slotted(object):
    __slots__ = NAMES
    def __init__(self):
        self.host = self.port = self.state = self.body = self.error = None
kept = [] # freed ones would serve again, from a free list
def taken(kind, count):
    """Bytes of so many: what was allocated meanwhile."""
    kept.append([kind() for _ in range(100)])
    if PY2:
        return sum(spent(o) + (spent(vars(o)) if kind is Plain else 0) for o in [kind() for _ in range(count)])
    import tracemalloc
    made = [None] * count
    kept.append(made)
    tracemalloc.start()
    for n in range(count):
        made[n] = kind()
    traces = tracemalloc.take_snapshot().traces
    tracemalloc.stop()
    return sum(rounded(trace.size) for trace in traces if trace.size < 512) # not what tracing itself took
# What 4,000 take beyond 2,000: what is made once cancels out.
counted['slots'] = [taken(kind, 4000) - taken(kind, 2000) for kind in (Plain, Slotted)]
del kept[:]
plain = [Plain() for _ in range(2000)]

class Shared(object):
    def __init__(self):
        self.a = self.b = self.c = self.d = None
apart, together = [Shared() for _ in range(200)], [Shared() for _ in range(200)]
for o in apart:
    o.__dict__ = {name: None for name in 'abcd'}
sibling = Shared()
counted['sharing'] = [400, 200, sum(sys.getsizeof(vars(o)) for o in apart),
                      sum(sys.getsizeof(vars(o)) for o in apart) - 200 * sys.getsizeof(vars(sibling))]
print(json.dumps(counted))
sys.stdout.flush()
sys.stdin.readline()
'''


def run(options, where, directory):
    """What the process counted, what exuvia says, and {object_id: address}."""
    script = os.path.join(directory, 'wasting.py')
    with open(script, 'w') as file:
        file.write(SUBJECT)
    subject = where.start(['-B', '-S', '-E', where.inside(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        line = subject.stdout.readline()
        if not line:
            raise process.Failure('the subject ended')
        core = process.gcore(subject.pid, directory)
    finally:
        subject.kill()
        subject.wait()
    database = os.path.join(directory, 'db')
    process.load(options.exuvia, core, database, where.load_options)
    said = json.loads(subprocess.run([options.exuvia, 'waste', database, '--format', 'json', '-n', '0'], check=True,
                                     stdout=subprocess.PIPE).stdout)
    import sqlite3
    db = sqlite3.connect(database)
    addresses = dict(db.execute('SELECT id, address FROM object'))
    db.close()
    return json.loads(line), said, addresses


def near(found, expected, percent):
    return abs(found - expected) * 100 <= percent * abs(expected)


def complaints(counted, said, addresses, python2):
    for name, kind in ('copies', 'unicode' if python2 else 'str'), ('raw', 'str' if python2 else 'bytes'):
        count, length, wasted = counted[name]
        rows = [r for r in said['duplicates'] if r['type'] == kind and r['copies'] == count and r['length'] == length]
        if [r['wasted'] for r in rows] != [wasted]:
            yield '%s: %d bytes, not %s' % (name, wasted, rows)
    for table, column in ('lists', 'items'), ('tables', 'items'):
        rows = {addresses[r['object id']]: r for r in said[table]}
        off = []
        for address, (length, wasted) in counted[table].items():
            row = rows.get(int(address))
            if wasted and (row is None or row[column] != length or not near(row['wasted'], wasted, 0 if table == 'lists' else 5)):
                yield '%s: one of %d items wastes %d, not %s' % (table, length, wasted, row)
            elif wasted:
                off.append(100.0 * (row['wasted'] - wasted) / wasted)
        print('%s: %d, off by %.2f to %.2f %%' % (table, len(off), min(off or [0]), max(off or [0])))
    for name, (count, wasted) in counted['empty'].items():
        rows = [r for r in said['empty'] if r['attribute'] == 'Holder.' + name]
        if [(r['empty'], r['wasted']) for r in rows] != [(count, wasted)]:
            yield 'Holder.%s: %d with %d, not %s' % (name, count, wasted, rows)
    plain, slotted = counted['slots']
    rows = [r for r in said['slots'] if r['type'] == '__main__.Plain']
    print('__slots__: %d -> %d; saved %d, exuvia says %s' % (plain, slotted, plain - slotted, rows and rows[0]['saved']))
    if len(rows) != 1 or rows[0]['instances'] < 2000 or not near(rows[0]['saved'], plain - slotted, 3):
        yield '__slots__: %d, not %s' % (plain - slotted, rows)
    if not python2:
        instances, apart, size, wasted = counted['sharing']
        rows = [r for r in said['key_sharing'] if r['type'] == '__main__.Shared']
        print('key sharing: %d, exuvia says %s' % (wasted, rows and rows[0]['wasted']))
        # The sibling that the process asked may still be there.
        if len(rows) != 1 or rows[0]['instances'] - instances not in (0, 1) or (rows[0]['with own keys'], rows[0]['dicts']) != (apart, size):
            yield 'key sharing: %s, not %s' % (counted['sharing'], rows)
        elif not near(rows[0]['wasted'], wasted, 0):
            yield 'key sharing: %d, not %s' % (wasted, rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--python', default=sys.executable)
    parser.add_argument('--exuvia', required=True)
    place.add_options(parser)
    options = parser.parse_args()
    place.resolve(options)
    if not os.path.exists(options.exuvia) or not os.access(options.python, os.X_OK):
        print('SKIP no %s or no %s' % (options.exuvia, options.python))
        return process.SKIP
    try:
        where = place.Place(options.python)
        with where.folder() as directory:
            python2 = where.ask('import sys; print(sys.version_info[0])').strip() == '2'
            wrong = list(complaints(*run(options, where, directory), python2))
    except process.Skip as reason:
        print('SKIP %s' % reason)
        return process.SKIP
    for line in wrong:
        print('  ' + line)
    print('%d differences' % len(wrong) if wrong else 'agrees')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
