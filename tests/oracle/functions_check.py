"""The functions of `exuvia sql` against what the process says, and against the columns that they go behind."""
import json
import subprocess

REPR_MOST = 200 # as in subject.py


def ask(check, query):
    done = subprocess.run([check.exuvia, 'sql', check.database, query, '--format', 'json'], check=True, stdout=subprocess.PIPE)
    return [tuple(row.values()) for row in json.loads(done.stdout.decode('utf-8', 'surrogateescape'))]


def check_repr(check):
    measure = check.measure('py_repr')
    said = dict(ask(check, 'SELECT address, py_repr(id, %d) AS repr FROM object' % REPR_MOST))
    for address, (expected, whole) in check.record.get('reprs', {}).items():
        if address not in check.objects:
            continue
        expected += '' if whole else '\u2026'
        measure.expect(said.get(address) == expected, check.name_of(address), '%#x: %r, not %r' % (address, said.get(address), expected))


def check_tables(check):
    """The tree of dominators for a part of the objects, the ways up of every tenth."""
    tables = check.measure('tables with arguments')
    for query in (
            'SELECT o.id, o.retained_count, o.retained_size, count(*), sum(m.footprint), count(DISTINCT s.object_id) FROM object o,'
            ' retained_set(o.id) s JOIN object m ON m.id = s.object_id WHERE o.retained_count > 1 AND (o.id % 5 = 0 OR'
            ' o.retained_count < 100) GROUP BY o.id HAVING count(*) <> o.retained_count OR sum(m.footprint) <> o.retained_size'
            ' OR count(DISTINCT s.object_id) <> o.retained_count',
            'SELECT o.id FROM object o WHERE o.id % 7 = 0 AND reachable <> EXISTS (SELECT 1 FROM retained_set(o.id))',
            'SELECT o.id FROM object o WHERE o.id % 7 = 1 AND retained_count IS NOT NULL AND retained_count <> 1 + (SELECT coalesce('
            'sum(d.retained_count), 0) FROM dominated(o.id) d)',
            'SELECT o.id, o.root_distance FROM object o WHERE id % 10 = 0 AND coalesce(root_distance, -1) <>'
            ' (SELECT coalesce(max(step), -1) FROM path_to_root(o.id))',
            'SELECT o.id FROM object o WHERE id % 10 = 0 AND reachable AND (SELECT count(*) FROM path_to_root(o.id) p'
            ' JOIN root r ON r.id = p.root_id AND r.object_id = p.object_id) <> 1',
            'SELECT o.id FROM object o WHERE id % 10 = 0 AND (SELECT count(*) FROM reference_row WHERE referent_id = o.id) <>'
            ' (SELECT count(*) FROM referrers(o.id))'):
        rows = ask(check, query)
        tables.expect(not rows, 'tables', '%s: %r' % (query, rows[:3]))


def run(check):
    if 'reprs' in check.record: # no older corpus
        check_repr(check)
    check_tables(check)
