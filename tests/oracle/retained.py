#!/usr/bin/env python3
"""What groups retain, by brute force: a group is taken out of the graph that the database has, what is reachable then is
found anew, and the difference must be what view retained_group says. All modules, threads, frames and the biggest types.
Dominators, and what each object retains by them, are held against networkx where that is there.

    retained.py --exuvia build/exuvia incident        a core of corpus/
    retained.py --database worker.db
"""
import argparse
import collections
import os
import sqlite3
import sys
import tempfile

sys.dont_write_bytecode = True
import process

try:
    import networkx
except ImportError:
    networkx = None

CORPUS = os.path.join(process.HERE, '..', '..', 'corpus')
UNSURE = ('native', 'native_stack')  # roots of these kinds count where an object has no other


class Graph:
    def __init__(self, db):
        self.size = dict(db.execute('SELECT id, footprint FROM object WHERE reachable'))
        self.edges = collections.defaultdict(list)
        exact = set()
        # What a frame of 3.14+ borrows, an immortal or what another object counts, holds nothing (pycore_stackref.h).
        immortal = {row[0] for row in db.execute('SELECT id FROM object WHERE refcount >= 1 << 30 OR refcount IS NULL')}
        minor = int(db.execute("SELECT value FROM meta WHERE key = 'python_version'").fetchone()[0].split('.')[1])
        for a, b, kind in db.execute(
                'SELECT referrer_id, referent_id, kind FROM reference_row WHERE kind <> 12 AND confidence = 0'):
            if not (minor >= 14 and kind in (7, 8, 9) and b in immortal):
                self.edges[a].append(b)
                exact.add((a, b))
        roots = {row[0] for row in db.execute('SELECT id FROM object WHERE root_distance = 0')}
        # What a guess alone leads to begins anew.
        self.starts = [(id, None, None) for id, parent in db.execute('SELECT id, parent_id FROM object WHERE parent_id')
                       if (parent, id) not in exact]
        rows = list(db.execute('SELECT object_id, thread_id, frame_id, kind FROM root'))
        surely = {row[0] for row in rows if row[3] not in UNSURE}
        self.starts += [row[:3] for row in rows if row[0] in roots and (row[3] not in UNSURE or row[0] not in surely)]

    def reach(self, members=(), thread=None, frame=None):
        gone = set(members)
        seen = {id for id, t, f in self.starts if (thread is None or t != thread) and (frame is None or f != frame)}
        seen = {id for id in seen if id in self.size and id not in gone}
        stack = list(seen)
        while stack:
            for to in self.edges[stack.pop()]:
                if to not in seen and to in self.size and to not in gone:
                    seen.add(to)
                    stack.append(to)
        return seen


def dominators(db, graph):
    """Complaints. The algorithm of networkx is another one (Cooper, Harvey and Kennedy)."""
    if not networkx:
        print('SKIP the dominators of objects: no networkx (python3-networkx)')
        return
    whole = networkx.DiGraph((a, b) for a in graph.size for b in graph.edges[a] if b in graph.size)
    whole.add_edges_from((0, start[0]) for start in graph.starts if start[0] in graph.size)
    above = networkx.immediate_dominators(whole, 0)
    tree = networkx.DiGraph((b, a) for a, b in above.items() if a)
    found = {row[0]: row[1:] for row in db.execute(
        'SELECT id, coalesce(dominator_id, 0), retained_size, retained_count FROM object WHERE reachable')}
    size, count = collections.Counter(), collections.Counter()
    for id in reversed(list(networkx.topological_sort(tree))):
        size[id] += graph.size.get(id) or 0
        count[id] += 1
        if id:
            size[above[id]] += size[id]
            count[above[id]] += count[id]
            if found[id] != (above[id], size[id], count[id]):
                yield 'dominator of %d: expected %s, found %s' % (id, (above[id], size[id], count[id]), found[id])
    print('%d dominators' % len(tree))
    if len(tree) != len(found) + 1:
        yield '%d objects have a dominator, not %d' % (len(tree) - 1, len(found))


def groups(db):
    """(kind, id, members, thread, frame)"""
    rows = [row for kind in ('module', 'thread', 'frame', 'exception', 'traceback', 'type') for row in db.execute(
        'SELECT kind, id FROM retained_row WHERE kind = ? ORDER BY bytes DESC, id LIMIT 100', (kind,))]
    for kind, id in rows:
        if kind == 'type':
            yield kind, id, [row[0] for row in db.execute('SELECT id FROM object WHERE type_id = ?', (id,))], None, None
        elif kind == 'module':
            yield kind, id, [id] + [row[0] for row in db.execute(
                "SELECT referent_id FROM reference WHERE referrer_id = ? AND name = '__dict__'", (id,))], None, None
        elif kind == 'thread':
            yield kind, id, [], id, None
        elif kind == 'frame':
            object_id, thread = db.execute('SELECT object_id, thread_id FROM frame WHERE id = ?', (id,)).fetchone()
            yield kind, id, [object_id] if object_id else [], None, id if thread else None
        else:
            yield kind, id, [id], None, None


def complaints(db):
    graph = Graph(db)
    everything = graph.reach()
    if everything != set(graph.size):
        yield 'reachable: %d here, %d in the database' % (len(everything), len(graph.size))
    yield from dominators(db, graph)
    counts = collections.Counter()
    for kind, id, members, thread, frame in groups(db):
        gone = everything - graph.reach(members, thread, frame)
        expected = sum(graph.size[o] or 0 for o in gone), len(gone)
        found = db.execute('SELECT bytes, objects FROM retained_row WHERE kind = ? AND id = ?', (kind, id)).fetchone()
        counts[kind] += 1
        if found != expected:
            yield '%s %d: expected %s, found %s' % (kind, id, expected, found)
    print(', '.join('%d of kind %s' % (n, kind) for kind, n in sorted(counts.items())))
    for kind in 'type', 'module', 'thread', 'frame':
        if not counts[kind]:
            yield 'no %s' % kind
    names = db.execute("SELECT count(*) FROM retained_group WHERE name IS NULL AND kind <> 'thread'").fetchone()[0]
    if names:
        yield '%d groups have no name' % names
    for kind, table in ('exception', 'exception'), ('traceback', 'traceback'):
        differ = db.execute('SELECT count(*) FROM retained_row r JOIN object o ON o.id = r.id WHERE r.kind = ? AND '
                            '(r.bytes <> o.retained_size OR r.objects <> o.retained_count)', (kind,)).fetchone()[0]
        if differ:
            yield '%d of kind %s do not agree with their objects' % (differ, kind)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--exuvia')
    parser.add_argument('--database')
    parser.add_argument('name', nargs='?')
    options = parser.parse_args()
    if not options.database and not os.path.exists(options.exuvia or ''):
        print('SKIP no exuvia at %s' % options.exuvia)
        return process.SKIP
    with tempfile.TemporaryDirectory(prefix='exuvia-retained-') as directory:
        database = options.database or os.path.join(directory, 'db')
        if not options.database:
            process.load(options.exuvia, os.path.join(CORPUS, options.name + '.core.zst'), database,
                         ['--sysroot', '/nonexistent'])
        db = sqlite3.connect('file:%s?mode=ro' % database, uri=True)
        wrong = list(complaints(db))
        db.close()
    for line in wrong[:20]:
        print('  ' + line)
    print('%s: %s' % (options.name or database, '%d differences' % len(wrong) if wrong else 'agrees'))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
