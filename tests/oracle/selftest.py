#!/usr/bin/env python3
"""Is the oracle able to see a fault? A database that says just what a process says of itself must pass, and each of
a row of small lies must not.

    selftest.py --pause LIBRARY [--python PYTHON3.11]
"""
import argparse
import io
import os
import sqlite3
import sys
import tempfile

sys.dont_write_bytecode = True
import checker
import malloc_check
import place
import process

SCHEMA = os.path.join(process.HERE, '..', '..', 'schema', 'schema.sql')
KINDS = {name: number for number, name in enumerate(
    'item key value attribute slot field local cell stack type native weak'.split(), 1)}


class Truth:
    """The database that a perfect exuvia would write."""

    def __init__(self, record):
        self.record = record
        self.db = sqlite3.connect(':memory:')
        with open(SCHEMA) as file:
            self.db.executescript(file.read())
        addresses = sorted(o[0] for o in record['objects'])
        self.id = {address: n for n, address in enumerate(addresses, 1)}
        self.id[None] = None
        self.frames = 0
        self.ordinals = {}
        self.names = {}
        self.columns = {}  # of each table, their number
        self.words = {}  # of malloc's chunks
        self.fill()
        self.db.commit()

    def insert(self, table, *row):
        """Columns at the end that are not given are NULL."""
        if table not in self.columns:
            self.columns[table] = len(self.db.execute('PRAGMA table_info(%s)' % table).fetchall())
        row += (None,) * (self.columns[table] - len(row))
        self.db.execute('INSERT INTO %s VALUES(%s)' % (table, ','.join('?' * len(row))), row)

    def name(self, text):
        if text not in self.names:
            self.names[text] = len(self.names) + 1
            self.insert('name', self.names[text], text)
        return -self.names[text]

    def refer(self, referrer, referent, kind, name=None, position=None):
        ordinal = self.ordinals[referrer] = self.ordinals.get(referrer, -1) + 1
        self.insert('reference_row', self.id[referrer], ordinal, self.id[referent], KINDS[kind],
                    None if name is None else self.name(checker.sql_text(name)), position, 0)

    def frame(self, facts, thread, depth, kind, owner):
        self.frames += 1
        self.insert('frame', self.frames, thread, depth, kind, self.id.get(owner), None, facts['function'],
                    facts['qualname'], facts['filename'], facts['line'])
        for name, value in (facts['locals'] or {}).items():
            self.insert('variable', self.frames, name, 'local', self.id[value])
        return self.frames

    def fill(self):
        record = self.record
        dead = set(record['unreachable']) & set(self.id)
        for address, kind, size, generation, _referents in record['objects']:
            lives = address not in dead
            self.insert('object', self.id[address], address, self.id[kind], size, 8, record['refcounts'][address],
                        generation, lives, None, 8 if lives else None, 1 if lives else None, 0 if lives else None, None, 'unknown',
                        None, None, None, None, None, self.id[address] if lives else None)
            if lives:
                self.insert('root', self.id[address], self.id[address], 'native', None, None, None)
        stuck = set(record['uncollectable'])
        for address in dead:
            self.insert('cycle_member', self.id[address], 1, 0, address in stuck)
        self.fill_finalizers(dead, stuck)
        self.insert('mapping', 1, 0, 4096, 'rw-', None, None, None, None, None, 'core')
        self.insert('ledger', 'unknown', 4096, 1, None)
        self.insert('block_owner', 'obmalloc', 'object', None, len(self.id) - 1, 8 * (len(self.id) - 1))
        self.fill_malloc()
        for address, (module, name) in record['types'].items():
            self.insert('type', self.id[address], module, name, 0, 0, 0, None, 0, None)
        for address, _kind, _size, _generation, referents in record['objects']:
            rest = list(referents)

            def done(target):
                if target in rest:
                    rest.remove(target)

            for position, item in enumerate(record['items'].get(address, ())):
                self.refer(address, item, 'item', None, position)
                done(item)
            for position, (key, value) in enumerate(zip(*record['dicts'].get(address, ((), ())))):
                text = checker.key_name(record, key)
                self.refer(address, key, 'key', None, position)
                self.refer(address, value, 'value', text, position)
                done(key)
                done(value)
            for kind in ('slots', 'attributes'):
                for name, value in record[kind].get(address, {}).items():
                    if kind == 'slots' or value in rest:
                        self.refer(address, value, 'slot' if kind == 'slots' else 'attribute', name)
                        done(value)
            for target in rest:
                named = '__dict__' if address in record['attributes'] and target in record['dicts'] else None
                self.refer(address, target, 'type' if target == _kind else 'field', named)
            if record['weak'].get(address):
                self.refer(address, record['weak'][address], 'weak')
        for address, (kind, value) in record['values'].items():
            length = len(value) if kind in ('str', 'bytes') else None
            self.insert('content', self.id[address], length, checker.sql_text(value) if kind == 'str' else value, 0)
        for thread, facts in enumerate(record['threads'], 1):
            self.insert('thread', thread, 1, 1, facts['ident'], facts['native_id'], facts['name'], 0)
            for depth, frame in enumerate(facts['frames']):
                self.frame(frame, thread, depth, 'thread', None)
        for address, (kind, frame) in record['generators'].items():
            self.frame(frame, None, None, kind, address)
        rows = {address: self.frame(frame, None, None, 'traceback', address) for address, frame in record['frames'].items()}
        for address, (kind, args, traceback, context, cause, message) in record['exceptions'].items():
            self.insert('exception', self.id[address], self.id[kind], message, self.id[traceback], self.id[context], self.id[cause])
        for address, (line, frame, following) in record['tracebacks'].items():
            self.insert('traceback', self.id[address], self.id[following], rows.get(frame['id']), line)
        for generation in range(3):
            self.insert('gc_generation', 1, generation, record['gc']['threshold'][generation],
                        record['gc']['count'][generation], record['gc']['objects'][generation], 0)


    def fill_finalizers(self, dead, stuck):
        record = self.record
        kinds = {o[0]: record['types'][o[1]][1] for o in record['objects']}
        ran = set(record['ran']) | set(record['finalized']) - set(record['finalized_before'])
        for address in (ran - set(record['idle'])) & set(self.id):
            method = record['methods_del'].get(address)
            kind = 'generator' if kinds[address] in checker.GENERATORS else 'native' if method is None else '__del__'
            self.insert('finalizer', self.id[address], 1, kind, self.id.get(method), None, address in stuck)
        for address in sorted(set(record['called']) | set(record['callbacks'])):
            target = record['weak'].get(address) # of 2.7's weak references to what was freed nobody knows
            if address in record['called'] or target in dead - stuck and address not in dead:
                self.insert('finalizer', self.id[target] or 1, 1, 'callback', self.id[record['callback']], self.id[address], 0)

    def word(self, address):
        return self.words.get(address)

    def chunk(self, address, size, state, heap, number=None, flags=1):
        self.insert('chunk', None, address, size, state, heap, None, None, number)
        self.words[address + 8] = size | flags
        return address + size

    def fill_malloc(self):
        """Chunks such that malloc_info would say what it said, as far as it tells; the rest of a heap is one used chunk."""
        heap = 0
        for number, said in enumerate(self.record['arenas'], 1):
            self.insert('malloc_arena', number, number << 40, number == 1, said['current'], said['max'])
            places = said.get('subheaps', 1)
            for n in range(places):
                heap += 1
                at = number << 40 | n << 26
                end = at + (malloc_check.PAGE if n else said['aspace'] - (places - 1) * malloc_check.PAGE)
                at += 0 if number == 1 else 2352
                self.insert('malloc_heap', heap, number, at, end)
                top = 0
                if n == 0:
                    top = said['rest'][1]
                    for kind, least, most, total, count in said['lines']:
                        fast = kind == 'size' and least == most - 15
                        top -= 0 if fast else total
                        for head in [most] * count if fast else heads(least, most, total, count):
                            size = head & ~7
                            place = (size >> 4) - 2 if fast else 1 if kind == 'unsorted' else malloc_check.bin_of(size)
                            at = self.chunk(at, size, 'fastbin' if fast else 'free', heap, place, head & 7)
                closed = end - (top if n == 0 else 2 * malloc_check.FENCEPOST)
                at = self.chunk(at, 48, 'used', heap)
                at = self.chunk(at, closed - at, 'used', heap)
                if n == 0:
                    self.chunk(at, top, 'top', heap)
        count, size = self.record['malloc']['mmap']
        for n in range(count):
            self.chunk(1 << 50 | n << 40, size if n == 0 else 0, 'mmapped', None, None, 2)
        if self.record['taken']: # the real addresses are not of these chunks
            blocks = {state: [address + 16 for address, in self.db.execute("SELECT address FROM chunk WHERE state = ?", (state,))]
                      for state in ('used', 'fastbin')}
            self.record = dict(self.record, taken=blocks['used'], returned=blocks['fastbin'])


def heads(least, most, total, count):
    """So many sizes with flags (1, of threads' arenas also 5) that are what malloc_info says of a bin."""
    if count == 1:
        return [total]
    low, high, more = least & ~7, most & ~7, count - 2
    left = total - least - most - more     # sizes, and 4 for some
    fours = left // 4 % 4
    while left - 4 * fours > more * high:
        fours += 4
    steps = (left - 4 * fours - more * low) // 16
    found = []
    for n in range(more):
        grown = min(steps, (high - low) // 16)
        steps -= grown
        found.append(low + 16 * grown | (5 if n < fours else 1))
    assert sum(found) + least + most == total and fours <= more
    return [least] + found + [most]


# Of the heap churned, more than one of a kind. Those of the second arena are a thread's.
ONE = "(SELECT c.id FROM chunk c JOIN malloc_heap h ON h.id = c.heap_id WHERE h.arena_id = %d AND c.state = '%s' AND %s LIMIT 1)"
MALLOC_LIES = [
    ('malloc bins', "UPDATE chunk SET bin = bin + 1 WHERE id = " + ONE % (1, 'free', 'bin > 1')),
    ('malloc bins', "UPDATE chunk SET bin = 1 WHERE id = " + ONE % (2, 'free', 'bin > 1')),
    ('malloc bins', "UPDATE chunk SET state = 'used', bin = NULL WHERE id = " + ONE % (2, 'free', 'bin > 64')),
    ('malloc bins', "UPDATE chunk SET state = 'used', bin = NULL WHERE id = " + ONE % (2, 'fastbin', '1')),
    ('malloc bins', "UPDATE chunk SET state = 'fastbin', bin = 1 WHERE id = " + ONE % (2, 'used', 'c.size = 48')),
    ('malloc bins', "UPDATE malloc_heap SET arena_id = 5 - arena_id WHERE arena_id IN (2, 3)"),
    ('malloc arenas', "UPDATE malloc_heap SET arena_id = 5 - arena_id WHERE arena_id IN (2, 3)"),
    ('malloc arenas', "UPDATE malloc_arena SET system_bytes = system_bytes + 4096 WHERE id = 2"),
    ('malloc arenas', "UPDATE malloc_arena SET max_system_bytes = max_system_bytes - 4096 WHERE id = 1"),
    ('malloc arenas', "DELETE FROM malloc_arena WHERE id = (SELECT max(arena_id) FROM malloc_heap);"),
    ('malloc arenas', "UPDATE malloc_heap SET start = start - 4096 WHERE arena_id = 2"),
    ('malloc arenas', "UPDATE chunk SET size = size + 16 WHERE id = " + ONE % (2, 'top', '1')),
    ('malloc arenas', "UPDATE chunk SET state = 'used' WHERE id = " + ONE % (2, 'top', '1')),
    ('malloc chunks', "UPDATE chunk SET size = size + 16 WHERE id = " + ONE % (1, 'used', 'c.size = 48')),
    ('malloc chunks', "DELETE FROM chunk WHERE id = " + ONE % (2, 'used', '1')),
    ('malloc chunks', "UPDATE chunk SET bin = 2 WHERE id = " + ONE % (2, 'free', 'bin > 64')),
    ('malloc chunks', "UPDATE chunk SET bin = 3 WHERE id = " + ONE % (1, 'used', '1')),
    ('malloc blocks', "UPDATE chunk SET state = 'tcache', bin = 1 WHERE id = " + ONE % (2, 'used', 'c.size = 48')),
    ('malloc blocks', "UPDATE chunk SET state = 'used' WHERE id = " + ONE % (2, 'fastbin', '1')),
    # Two neighbours in the unsorted bin, neither the least nor the largest: malloc_info says the same, the headers do not.
    ('malloc chunks', ("UPDATE chunk SET size = size - 16 * (id = MIDDLE) + 16 * (id <> MIDDLE), address = address - 16 * (id <> MIDDLE)"
     " WHERE id IN (MIDDLE, MIDDLE + 1)").replace('MIDDLE', "(SELECT min(id) + 1 FROM chunk WHERE bin = 1)")),
]

# Of the heap finalizers.
FINALIZER_LIES = [
    ('finalizers', "DELETE FROM finalizer WHERE rowid = (SELECT min(rowid) FROM finalizer WHERE kind = '__del__')"),
    ('finalizers', "DELETE FROM finalizer WHERE rowid = (SELECT min(rowid) FROM finalizer WHERE kind = 'generator')"),
    ('finalizers', "UPDATE finalizer SET kind = 'native' WHERE rowid = (SELECT min(rowid) FROM finalizer WHERE kind = 'generator')"),
    ('finalizers', "UPDATE finalizer SET function_id = NULL WHERE rowid = (SELECT max(rowid) FROM finalizer WHERE kind = '__del__')"),
    ('finalizers', "UPDATE finalizer SET stuck = 1 - stuck WHERE rowid = (SELECT min(rowid) FROM finalizer WHERE kind = '__del__')"),
    ('finalizers', "INSERT INTO finalizer SELECT m.object_id, 1, '__del__', NULL, NULL, 0 FROM cycle_member m"
     " WHERE m.object_id NOT IN (SELECT object_id FROM finalizer) LIMIT 1"),
    ('callbacks', "DELETE FROM finalizer WHERE rowid = (SELECT min(rowid) FROM finalizer WHERE kind = 'callback')"),
    ('callbacks', "INSERT INTO finalizer SELECT object_id, 1, 'callback', function_id, object_id, 0 FROM finalizer"
     " WHERE kind = 'callback' LIMIT 1"),
    ('uncollectable', "UPDATE cycle_member SET uncollectable = 1 WHERE object_id = (SELECT min(object_id) FROM cycle_member"
     " WHERE NOT uncollectable)"),
]

LIES = {
    'garbage': "DELETE FROM cycle_member WHERE object_id = (SELECT max(object_id) FROM cycle_member)",
    'malloc_info': "UPDATE chunk SET size = size + 8 WHERE state = 'free' AND size > 0",
    'objects': "DELETE FROM object WHERE id = (SELECT max(id) FROM object WHERE generation IS NOT NULL)",
    'types': "UPDATE object SET type_id = (SELECT min(id) FROM type) WHERE id = (SELECT max(id) FROM object)",
    'type names': "UPDATE type SET qualname = 'x' WHERE id = (SELECT max(id) FROM type)",
    'sizes': "UPDATE object SET shallow_size = shallow_size + 8 WHERE id = 100",
    'generations': "UPDATE object SET generation = (generation + 1) % 3 WHERE id = (SELECT max(id) FROM object WHERE generation IS NOT NULL)",
    'refcounts': "UPDATE object SET refcount = refcount + 1 WHERE id = 100",
    'references': "DELETE FROM reference_row WHERE kind = 6 AND referrer_id = (SELECT max(referrer_id) FROM reference_row WHERE kind = 6)",
    'no extra': "INSERT INTO reference_row SELECT referrer_id, 100000, 5, 6, NULL, NULL, 0 FROM reference_row WHERE kind = 1 LIMIT 1",
    'exact': "UPDATE reference_row SET confidence = 1 WHERE rowid_is_any",
    'items in order': "UPDATE reference_row SET position = position + 1 WHERE kind = 1 AND position = 2",
    'dict entries': "UPDATE reference_row SET name_id = NULL WHERE kind = 3 AND name_id IS NOT NULL",
    'attributes by name': "DELETE FROM reference_row WHERE kind = 4 OR name_id IN (SELECT -id FROM name WHERE text = '__dict__')",
    'slots by name': "UPDATE reference_row SET kind = 6 WHERE kind = 5",
    'cells': "DELETE FROM reference_row WHERE referrer_id IN (SELECT id FROM object WHERE type_id = (SELECT id FROM type WHERE qualname = 'cell'))",
    'weak references': "UPDATE reference_row SET referent_id = 7 WHERE kind = 12 AND referrer_id = (SELECT max(referrer_id) FROM reference_row WHERE kind = 12)",
    'values': "UPDATE content SET text = text || 'x' WHERE object_id = (SELECT max(object_id) FROM content WHERE typeof(text) = 'text')",
    'threads': "UPDATE thread SET name = 'x' WHERE id = 1",
    'thread frames': "DELETE FROM frame WHERE thread_id = 1 AND depth = (SELECT max(depth) FROM frame WHERE thread_id = 1)",
    'lines': "UPDATE frame SET line = line + 1 WHERE thread_id = 1 AND depth = 0",
    'locals': "DELETE FROM variable WHERE rowid = (SELECT min(rowid) FROM variable)",
    'generators': "UPDATE frame SET line = line + 1 WHERE kind IN ('generator', 'coroutine')",
    'generator locals': "DELETE FROM variable WHERE frame_id IN (SELECT id FROM frame WHERE kind = 'generator')",
    'frame objects': "UPDATE frame SET function = 'x' WHERE kind = 'traceback'",
    'exceptions': "UPDATE exception SET context_id = 3",
    'tracebacks': "UPDATE traceback SET line = line + 1",
    'traceback locals': "DELETE FROM variable WHERE frame_id IN (SELECT id FROM frame WHERE kind = 'traceback')",
    'collector': "UPDATE gc_generation SET objects = objects + 1 WHERE generation = 1",
    'nothing with refcount 0': "UPDATE object SET refcount = 0 WHERE id = 50",
    'reachable': "UPDATE object SET reachable = 0 WHERE generation IS NOT NULL",
    'database': "UPDATE reference_row SET referent_id = 10000000 WHERE referrer_id = (SELECT max(referrer_id) FROM reference_row)",
}
LIES['exact'] = "UPDATE reference_row SET confidence = 1 WHERE kind = 1 AND position = 0"


def failing(truth, directory, lie, ask=checker.Check.run):
    path = os.path.join(directory, 'lie.db')
    if os.path.exists(path):
        os.unlink(path)
    copy = sqlite3.connect(path)
    truth.db.backup(copy)
    if lie:
        copy.execute(lie)
    copy.commit()
    copy.close()
    check = checker.Check(truth.record, path, memory=truth)
    ask(check)
    out = io.StringIO()
    check.report(out)
    check.db.close()
    return [m.name for m in check.measures if m.failed], out.getvalue()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--python', default=sys.executable)
    parser.add_argument('--pause', required=True)
    parser.add_argument('--heap', default='incident')
    place.add_options(parser)
    options = parser.parse_args()
    place.resolve(options)
    if not os.access(options.python, os.X_OK):
        print('SKIP no %s here' % options.python)
        return process.SKIP
    with tempfile.TemporaryDirectory(prefix='exuvia-selftest-') as directory:
        with process.Subject(options.python, options.heap, os.path.abspath(options.pause), directory) as subject:
            complaints = process.agrees_with_child(subject)
        with process.Subject(options.python, 'churned', os.path.abspath(options.pause), directory) as churned:
            complaints += process.agrees_with_child(churned)
        with process.Subject(options.python, 'finalizers', os.path.abspath(options.pause), directory) as unfinished:
            complaints += process.agrees_with_child(unfinished)
        for complaint in complaints:
            print(complaint)
        truth = Truth(subject.record)
        bad = bool(complaints)
        failed, said = failing(truth, directory, None)
        print('the truth: %s' % (failed or 'passes'))
        if failed:
            print(said)
            bad = True
        for name, lie in LIES.items():
            failed, said = failing(truth, directory, lie)
            if name not in failed:
                print('a lie about %s was not seen (%s)' % (name, failed))
                bad = True
        for heap, record, lies, ask in (
                ('malloc', churned.record, MALLOC_LIES, checker.Check.check_malloc),
                ('finalizers', unfinished.record, FINALIZER_LIES, checker.Check.check_finalizers)):
            truth = Truth(record)
            failed, said = failing(truth, directory, None)
            print('the truth of %s: %s' % (heap, failed or 'passes'))
            if failed:
                print(said)
                bad = True
            for name, lie in lies:
                failed, said = failing(truth, directory, lie, ask)
                if name not in failed:
                    print('a lie about %s was not seen (%s): %s' % (name, failed, lie))
                    bad = True
    print('the oracle is blind' if bad else 'the oracle sees %d kinds of lies' % (
        len(LIES) + len(MALLOC_LIES) + len(FINALIZER_LIES)))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
