#!/usr/bin/env python3
"""Suspended coroutines, generators and tasks: the database and `threads --async` against what an asyncio program says of
itself.

    awaiting.py --python /usr/bin/python3.11 --exuvia build/exuvia
"""
import json
import os
import sqlite3
import subprocess
import sys

sys.dont_write_bytecode = True
import place
import process
import runner

SUBJECT = os.path.join(process.HERE, 'awaiting_subject.py')


def dumped(options, directory, where):
    path = os.path.join(directory, 'record.json')
    if process.is_python2(options.python):
        raise process.Skip('Python 2 has no coroutines')
    script, = where.visible([SUBJECT], directory)
    with runner.standing(where, ['-B', script, where.inside(path)], b'ready', 'the program did not come to its report') as subject:
        core = process.gcore(subject.pid, directory)
    with open(path) as file:
        record = json.load(file)
    for key in ('stacks', 'names'):
        record[key] = {int(address): value for address, value in record[key].items()}
    return record, core


class Checker:
    def __init__(self, record, database, exuvia):
        self.record, self.db = record, sqlite3.connect(database)
        self.address = dict(self.db.execute('SELECT id, address FROM object'))
        self.said = json.loads(subprocess.run([exuvia, 'threads', database, '--async', '--format', 'json'],
                                              stdout=subprocess.PIPE, check=True).stdout)
        self.wrong, self.held = [], 0

    def same(self, what, expected, found):
        self.held += 1
        if expected != found:
            self.wrong.append('%s: expected %r, found %r' % (what, expected, found))

    def rows(self, what, expected, found):
        for address in sorted(set(expected) | set(found)):
            self.same('%s %#x' % (what, address), expected.get(address), found.get(address))

    def awaiting(self):
        expected = {o: (state, awaited, function, line) for o, state, awaited, function, line in self.record['awaiting']}
        found = {}
        for o, state, awaited, function, line in self.db.execute(
                "SELECT a.object_id, a.state, a.awaited_id, f.function, f.line FROM awaiting a LEFT JOIN frame f"
                " ON f.object_id = a.object_id AND f.kind IN ('generator', 'coroutine')"):
            found[self.address[o]] = (state, self.address.get(awaited), function, line)
        for o, (state, awaited, _function, _line) in list(expected.items()):
            if state == 'running':  # its frame is on the thread's stack
                expected[o] = (state, awaited, None, None)
                if o in found:
                    found[o] = found[o][:2] + (None, None)
        self.rows('awaiting', expected, found)

    def futures(self):
        expected = {o: (task, state, waiter, coroutine) for o, task, state, waiter, coroutine in self.record['futures']}
        found = {}
        for o, task, state, waiter, coroutine in self.db.execute(
                'SELECT object_id, task, state, waiter_id, coroutine_id FROM future'):
            live = state in ('pending', 'running')  # a task that is done may keep its coroutine, which has ended
            found[self.address[o]] = (bool(task), state, self.address.get(waiter), self.address.get(coroutine) if live else None)
        self.rows('future', expected, found)

    def names(self):
        found = {self.address[o]: name for o, name in self.db.execute('SELECT object_id, name FROM task')}
        for o, name in self.record['names'].items():
            self.same('name of task %#x' % o, name, found.get(o))
        if self.record['names']:
            self.same('name of a task that nobody asked', 'Task-', (found.get(self.record['unasked']) or '')[:5])

    def chains(self):
        """What the command line prints; task.get_stack() shows the outermost coroutine of the chain alone."""
        tasks = {self.address[t['object_id']]: t for t in self.said['tasks']}
        awaited = {o: a for o, _state, a, _function, _line in self.record['awaiting']}
        places = {o: (function, line) for o, state, _a, function, line in self.record['awaiting'] if state}
        for o, stack in self.record['stacks'].items():
            steps = tasks[o]['steps']
            self.same('top of task %#x' % o, [list(s) for s in stack][:1], [[s['function'], s['line']] for s in steps[:1]])
            expected, at = [], self.address[steps[0]['object_id']]
            while at is not None:
                expected.append((at,) + (places.get(at) or (None, None)))
                at = awaited.get(at)
            found = [(self.address[s['object_id']], s['function'], s['line']) for s in steps]
            self.same('chain of task %#x' % o, expected, found[:len(expected)])
        self.same('tasks that wait', sorted(self.record['pending']),
                  sorted(o for o, t in tasks.items() if t['state'] in ('pending', 'running')))

    def awaiters(self):
        keys = self.record['keys']
        tasks = {self.address[t['object_id']]: t for t in self.said['tasks']}
        for name, by in self.record['awaited_by'].items():
            found = tasks[keys[name]]['awaited_by']
            self.same('who awaits %s' % name, sorted(keys[b] for b in by), sorted(self.address.get(t['object_id']) for t in found))
        loop = [t for t in self.said['tasks'] if [a['how'] for a in t['awaited_by']] == ['loop']]
        self.same('tasks that run_until_complete waits for', 1, len(loop))

    def suspended(self):
        listed = {s['object_id'] for c in self.said['tasks'] + self.said['suspended'] for s in c['steps']}
        ids = {address: o for o, address in self.address.items()}
        missing = [o for o, state, *_ in self.record['awaiting'] if state in ('created', 'suspended') and ids.get(o) not in listed]
        self.same('suspended objects that are not printed', [], missing)


def run(options):
    where = place.Place(options.python)
    with where.folder() as directory:
        directory = options.keep or directory
        record, core = dumped(options, directory, where)
        database = os.path.join(directory, 'db')
        process.load(options.exuvia, core, database, where.load_options)
        check = Checker(record, database, options.exuvia)
        for part in (check.awaiting, check.futures, check.names, check.chains, check.awaiters, check.suspended):
            part()
        check.db.close()
    told = '%d facts held, %d differ: ' % (check.held, len(check.wrong))
    return runner.verdict(check.wrong, told + 'agrees', told + 'DIFFERS', 40)


def parser():
    made = runner.parser(__doc__, sys.executable)
    made.add_argument('--keep', metavar='DIR', help='leave core and database there')
    return made



if __name__ == '__main__':
    runner.main(run, parser())
