#!/usr/bin/env python3
"""Seven made incidents, whose explanation must name the planted cause first.

    explain.py --python /usr/bin/python3.11 --exuvia build/release/exuvia [--only traceback] [--show]
"""
import json
import os
import subprocess
import sys

import place
import process
import runner

HEAD = '''
import gc, sys
gc.disable()
def piece(n, size=8192):
    return (u'%08d' % n).encode('ascii') + b'x' * (size - 8)
'''
TAIL = '''
sys.stdout.write('ready\\n')
sys.stdout.flush()
sys.stdin.readline()
'''
# The rule that must come first; None: nothing may be said.
INCIDENTS = {
    'live': ('live', 'cache = dict((n, u"value %d " % n * 8) for n in range(200000))'),
    'traceback': ('traceback', '''
def read():
    pieces = [piece(n) for n in range(3000)]
    raise ValueError('stalled')
try:
    read()
except ValueError:
    last = sys.exc_info()[2]
'''),
    'cycles': ('cycles', '''
class Node(object):
    pass
for n in range(3000):
    node = Node()
    node.itself = node
    node.data = piece(n)
del node
'''),
    'arenas': ('arenas', '''
made = ['a text of its own, number %09d' % n for n in range(400000)]
survivors = made[::700]
del made
'''),
    'top': ('heap top', '''
pieces = [piece(n) for n in range(4000)]
pin = piece(0, 3000)
del pieces
'''),
    'bins': ('free chunks', '''
pieces, between = [], []
for n in range(4000):
    pieces.append(piece(n))
    between.append(piece(n, 600))
del pieces
'''),
    'fine': (None, 'a = [str(n) for n in range(100)]'),
}


def ask(options, name, directory, where):
    script = os.path.join(directory, name + '.py')
    with open(script, 'w') as file:
        file.write(HEAD + INCIDENTS[name][1] + TAIL)
    with runner.standing(where, ['-S', '-E', where.inside(script)], b'ready', '%s did not happen' % name,
                         stdin=subprocess.PIPE) as subject:
        core = process.gcore(subject.pid, directory)
    database = os.path.join(directory, name + '.db')
    process.load(options.exuvia, core, database, where.load_options)
    os.unlink(core)
    if options.show:
        subprocess.run([options.exuvia, 'explain', database], check=True)
    said = json.loads(subprocess.run([options.exuvia, 'explain', '--format', 'json', database], check=True,
                                     stdout=subprocess.PIPE).stdout)
    return [sentence['rule'] for sentence in said['sentences']]


def run(options):
    wrong = 0
    where = place.Place(options.python)
    with where.folder() as directory:
        for name in options.only or INCIDENTS:
            rules = ask(options, name, directory, where)
            expected = INCIDENTS[name][0]
            good = rules[:1] == [expected] if expected else not rules
            print('%-10s %s%s' % (name, ', '.join(rules) or 'nothing', '' if good else '  <-- not %s' % expected))
            wrong += not good
    return 1 if wrong else 0


def parser():
    made = runner.parser(__doc__, sys.executable)
    made.add_argument('--only', action='append')
    made.add_argument('--show', action='store_true')
    return made



if __name__ == '__main__':
    runner.main(run, parser())
