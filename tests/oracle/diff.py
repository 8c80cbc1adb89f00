#!/usr/bin/env python3
"""What grew between dumps of one process that leaks records into a list and fills a bounded cache once: the leak comes first
with the way to it and its number, the cache is 'filled once', all else is quiet.

    diff.py --python /usr/bin/python3.11 --exuvia build/exuvia
"""
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
import place
import process
import runner

STEP, CACHED, QUIET = 1500, 300, 20000
SUBJECT = '''
import sys
class Record(object):
    def __init__(self, n):
        self.number = n
        self.payload = 'payload %%d ' %% n * 40
        self.tags = ['tag %%d' %% n, n + 0.5]
class Entry(object):
    def __init__(self, n):
        self.answer = 'answer %%d ' %% n * 20
LEAK = []
CACHE = {}
def work():
    for n in range(%d):
        LEAK.append(Record(len(LEAK)))
    for n in range(%d):
        CACHE.setdefault('key %%d' %% n, Entry(n))
def fill():
    sys.stdout.write('ready\\n')
    sys.stdout.flush()
    while sys.stdin.readline():
        work()
        sys.stdout.write('ready\\n')
        sys.stdout.flush()
LEAK.append(Record(0))
CACHE['key 0'] = Entry(0)
fill()
''' % (STEP, CACHED)


def dump(options, directory, where):
    """Three databases: before, and after each of two rounds."""
    script = os.path.join(directory, 'leaking.py')
    with open(script, 'w') as file:
        file.write(SUBJECT)
    script, = where.visible([script], directory) if not where.root else [where.inside(script)]
    subject = where.start([script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env=dict(os.environ, PYTHONDONTWRITEBYTECODE='1'))
    databases = []
    try:
        for n in range(3):
            if n:
                subject.stdin.write(b'on\n')
                subject.stdin.flush()
            if subject.stdout.readline().strip() != b'ready':
                raise process.Failure('the subject ended')
            core = process.gcore(subject.pid, directory)
            databases.append(os.path.join(directory, 'db%d' % n))
            process.load(options.exuvia, core, databases[-1], where.load_options)
            os.unlink(core)
    finally:
        subject.kill()
        subject.wait()
    return databases


def diff(options, *databases, expected=0):
    done = subprocess.run([options.exuvia, 'diff', *databases, '--format', 'json', '-n', '0'], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    if done.returncode != expected:
        raise process.Failure('exuvia diff: exit status %d: %s' % (done.returncode, done.stderr.decode()))
    return json.loads(done.stdout) if done.stdout.strip() else None


def complaints(said, dumps):
    chains = said['chains']
    leak = chains[0]
    if leak['type'] != '__main__.Record' or not leak['chain'].endswith('LEAK[*]') and "'LEAK'][*]" not in leak['chain']:
        yield 'the first chain is %s' % leak
    expected = [1, STEP + 1, 2 * STEP + 1][:dumps]
    if [leak['objects %d' % (i + 1)] for i in range(dumps)] != expected:
        yield 'records: expected %s, found %s' % (expected, leak)
    if leak['growth'] < (dumps - 1) * STEP * 600 or leak['trend'] != ('grew' if dumps == 2 else 'grows'):
        yield 'the leak: %s' % leak
    cache = [c for c in chains if c['type'] == '__main__.Entry']
    if len(cache) != 1 or cache[0]['trend'] != ('grew' if dumps == 2 else 'filled once'):
        yield 'the cache: %s' % cache
    elif (cache[0]['objects 1'], cache[0]['objects %d' % dumps]) != (1, CACHED):
        yield 'the entries: %s' % cache
    # The containers' own tables grow, and keys: all that is no more than a few bytes an item.
    for chain in chains:
        known = chain is leak or chain in cache or 'LEAK' in chain['chain'] or 'CACHE' in chain['chain']
        if not known and chain['growth'] > QUIET:
            yield 'not quiet: %s' % chain
    types = {row['type']: row for row in said['types']}
    for name, count in ('__main__.Record', (dumps - 1) * STEP), ('__main__.Entry', CACHED - 1):
        row = types.get(name)
        if not row or row['objects %d' % dumps] - row['objects 1'] != count:
            yield 'type %s: %s' % (name, row)
    if dumps == 3 and (types['__main__.Record']['trend'], types['__main__.Entry']['trend']) != ('grows', 'filled once'):
        yield 'trends: %s %s' % (types['__main__.Record'], types['__main__.Entry'])
    retained = types['__main__.Record']['retained growth']
    if retained < (dumps - 1) * STEP * 500:
        yield 'records retain only %d more' % retained
    suspects = [row for row in said.get('suspects', []) if (row['way'] or '').endswith('LEAK')]
    if len(suspects) != 1 or suspects[0]['severity'] == 'note' or suspects[0]['was'] is not None:
        yield 'new suspects: %s' % said.get('suspects')
    module = said['modules'][0]
    if module['module'] != '__main__' or module['growth'] < (dumps - 1) * STEP * 500:
        yield 'the first module is %s' % module


def run(options):
    where = place.Place(options.python)
    with where.folder() as directory:
        first, second, third = dump(options, directory, where)
        wrong = ['two dumps: ' + line for line in complaints(diff(options, first, second), 2)]
        wrong += ['three dumps: ' + line for line in complaints(diff(options, first, second, third), 3)]
        diff(options, first, first, expected=1)
    return runner.verdict(wrong, bad='%d differences')



if __name__ == '__main__':
    runner.main(run, runner.parser(__doc__, sys.executable))
