#!/usr/bin/env python3
"""Processes that leak in known ways: the rule of that way must find the planted object and rank it first; a quiet process
must have no finding above a note.

    leaks.py --python /usr/bin/python3.11 --exuvia build/release/exuvia [--only last_exception] [--show] [--keep DIR]

A process plants its leak and names what the finding must be about: `planted` (an object; None: it is no one object).
"""
import argparse
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import place
import process
from process import Failure, Skip

HEAD = '''
from __future__ import print_function, unicode_literals
import gc, os, sys, threading, time, weakref
gc.disable()
PY2 = sys.version_info[0] == 2
def piece(n, size=8192):
    return (u'%08d' % n).encode('ascii') + b'x' * (size - 8)
def pieces(first, count=300):
    return [piece(first * 1000 + n) for n in range(count)]
class Absent(Exception):
    """This version has no such thing."""
def stalled(first=0, count=600):
    body = pieces(first, count)
    raise ValueError('stalled')
def caught(first=0, count=600):
    try:
        stalled(first, count)
    except ValueError as e:
        if PY2:
            e.__traceback__ = sys.exc_info()[2]
        return e
planted = None
try:
'''
TAIL = '''
except Absent as reason:
    print('absent %s' % reason)
else:
    if PY2:
        sys.exc_clear()
    print('ready %d' % (id(planted) if planted is not None else 0))
sys.stdout.flush()
sys.stdin.readline()
'''
# Rule -> the code that plants what it looks for.
LEAKS = {
    'one_object': '''
class Registry(object):
    def __init__(self):
        self.entries = dict((n, u'value %d ' % n * 30) for n in range(100000))
planted = Registry().entries
registry = [planted]
''',
    'last_exception': '''
try:
    stalled()
except ValueError:
    sys.last_type, sys.last_value, sys.last_traceback = sys.exc_info()
    if sys.version_info >= (3, 12):
        sys.last_exc = sys.last_value
planted = sys.last_traceback
''',
    'logged_exception': '''
import logging
class LastRecord(logging.Handler):
    def emit(self, record):
        self.last_record = record
handler = LastRecord()
log = logging.getLogger('worker')
log.propagate = False
log.addHandler(handler)
try:
    stalled()
except ValueError:
    log.exception('failed')
planted = handler.last_record
''',
    'kept_exceptions': '''
failures = []
for n in range(40):
    failures.append(caught(n, 50))
planted = failures
''',
}
QUIET = {
    'quiet': 'a = [str(n) for n in range(100)]',
    'modules': """
import argparse, collections, decimal, json, logging, os, re, socket, subprocess, threading, unittest, xml.dom.minidom
import email.mime.text, ctypes, pydoc, inspect
if not PY2:
    import asyncio, concurrent.futures, http.client, typing, urllib.request
    exec("async def work():\\n await asyncio.sleep(1000)")
    loop = asyncio.new_event_loop()
    tasks = [loop.create_task(work()) for n in range(5)]
    loop.run_until_complete(asyncio.sleep(0, **({'loop': loop} if sys.version_info < (3, 8) else {})))
log = logging.getLogger('worker')
log.addHandler(logging.StreamHandler())
try:
    {}['x']
except KeyError:
    log.exception('as usual')
held = threading.local()
held.x = 1
names = dict((str(n), n) for n in range(2000))
listeners = [held.__repr__ for n in range(10)]
files = [open(os.devnull) for n in range(3)]
pair = socket.socketpair()
""",
}


def start(script, where):
    return where.start(['-B', '-S', '-E', where.inside(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def dump(name, code, directory, where):
    """The core, and the address of what was planted; None when this version has no such thing."""
    script = os.path.join(directory, name + '.py')
    with open(script, 'w') as file:
        file.write(HEAD + re.sub('(?m)^', '    ', code) + TAIL)
    subject = start(script, where)
    try:
        word, _, rest = subject.stdout.readline().decode().strip().partition(' ')
        if word == 'absent':
            return None, rest
        if word != 'ready':
            raise Failure('%s did not happen' % name)
        return process.gcore(subject.pid, directory), int(rest)
    finally:
        subject.kill()
        subject.wait()


def findings(options, name, core, directory, where):
    database = os.path.join(directory, name + '.db')
    process.load(options.exuvia, core, database, where.load_options)
    os.unlink(core)
    if options.show:
        subprocess.run([options.exuvia, 'leaks', database], check=True)
    said = subprocess.run([options.exuvia, 'leaks', '--format', 'json', database], check=True, stdout=subprocess.PIPE).stdout
    return json.loads(said)['findings'], database


def address_of(database, object_id):
    import sqlite3
    db = sqlite3.connect(database)
    row = db.execute('SELECT address FROM object WHERE id = ?', (object_id,)).fetchone()
    db.close()
    return row[0] if row else 0


def planted_is_first(options, rule, directory, where):
    core, planted = dump(rule, LEAKS[rule], directory, where)
    if core is None:
        print('%-24s SKIP %s' % (rule, planted))
        return True
    found, database = findings(options, rule, core, directory, where)
    first = found[0] if found else None
    trouble = ''
    if not first:
        trouble = 'nothing was found'
    elif first['rule'] != rule:
        trouble = '%s is first' % first['rule']
    elif first['severity'] == 'note':
        trouble = 'is a note'
    elif planted and address_of(database, first['object_id']) != planted:
        trouble = 'is about #%s at %#x, planted was %#x' % (first['object_id'], address_of(database, first['object_id']), planted)
    print('%-24s %s%s' % (rule, first['title'] if first else '', '  <-- ' + trouble if trouble else ''))
    return not trouble


def is_quiet(options, name, directory, where):
    core, reason = dump(name, QUIET[name], directory, where)
    if core is None:
        raise Failure(reason)
    found, _ = findings(options, name, core, directory, where)
    loud = ['%s: %s' % (f['rule'], f['title']) for f in found if f['severity'] != 'note']
    print('%-24s %d notes%s' % (name, len(found), ''.join('  <-- ' + text for text in loud)))
    return not loud


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--python', default=sys.executable)
    parser.add_argument('--exuvia', required=True)
    parser.add_argument('--only', action='append')
    parser.add_argument('--show', action='store_true')
    parser.add_argument('--keep', metavar='DIR', help='leave the databases there')
    place.add_options(parser)
    options = parser.parse_args()
    place.resolve(options)
    if not os.path.exists(options.exuvia):
        print('SKIP no exuvia at %s' % options.exuvia)
        return process.SKIP
    options.exuvia = os.path.abspath(options.exuvia)
    rules = os.path.join(os.path.dirname(os.path.dirname(process.HERE)), 'schema', 'rules')
    wrong = 0
    try:
        where = place.Place(options.python)
        with where.folder() as directory:
            for name in options.only or list(QUIET) + list(LEAKS):
                wrong += not (is_quiet if name in QUIET else planted_is_first)(options, name, directory, where)
                made = os.path.join(directory, name + '.db')
                if options.keep and os.path.exists(made):
                    os.replace(made, os.path.join(options.keep, name + '.db'))
        for name in sorted(os.listdir(rules)):
            if name.endswith('.sql') and name[:-4] not in LEAKS:
                print('%-24s no process plants it' % name)
                wrong += 1
    except Skip as reason:
        print('SKIP %s' % reason)
        return process.SKIP
    except Failure as reason:
        print('FAILED %s' % reason)
        return 1
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
