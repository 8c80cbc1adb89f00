#!/usr/bin/env python3
"""Processes that leak in known ways: the rule of that way must find the planted object and rank it first; a quiet process
must have no finding above a note.

    leaks.py --python /usr/bin/python3.11 --exuvia build/release/exuvia [--only last_exception] [--show] [--keep DIR]

A process plants its leak and names what the finding must be about: `planted` (an object; None: it is no one object).
"""
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import place
import process
import runner
from process import Failure

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
def address():
    """In a call: the caller's stack keeps no trace of it."""
    return id(planted) if planted is not None else 0
try:
'''
TAIL = '''
except Absent as reason:
    print('absent %s' % reason)
else:
    if PY2:
        sys.exc_clear()
    print('ready %d' % address())
sys.stdout.flush()
sys.stdin.readline()
'''
# Rule -> the code that plants what it looks for; 'rule: what' plants it in another way.
LEAKS = {
    'one_object': '''
class Response(object):
    def __init__(self):
        self.parts = tuple(pieces(1, 1000))
response = Response()
planted = response.parts
''',
    'alike_objects': '''
class Session(object):
    def __init__(self, n):
        self.token = piece(n, 2000)
class Client(object):
    def __init__(self, n):
        self.session = Session(n)
clients = [Client(n) for n in range(5000)]
planted = clients
''',
    'growing_container': '''
class Registry(object):
    def __init__(self):
        self.entries = dict((n, 'value %d ' % n * 30) for n in range(50000))
registry = Registry()
planted = registry.entries
''',
    'unbounded_lru_cache': '''
if PY2:
    raise Absent('no functools.lru_cache in 2.7')
import functools
@functools.lru_cache(maxsize=None)
def look_up(n):
    return piece(n, 1000)
for n in range(5000):
    look_up(n)
planted = look_up
''',
    'queue_backlog': '''
if PY2:
    import Queue as queue
else:
    import queue
jobs = queue.Queue()
for n in range(5000):
    jobs.put(piece(n, 1000))
planted = jobs
''',
    'callbacks': '''
class Widget(object):
    def __init__(self, n):
        self.data = piece(n)
    def changed(self):
        pass
listeners = []
def add(n):
    widget = Widget(n)
    listeners.append(widget.changed if n % 2 else lambda: widget)
for n in range(600):
    add(n)
planted = listeners
''',
    'weakref_callback': '''
class Resource(object):
    def __init__(self, n):
        self.data = piece(n)
    def close(self):
        pass
def add(n):
    r = Resource(n)
    if PY2:
        kept.append(weakref.ref(r, lambda _, r=r: r.close()))
    else:
        weakref.finalize(r, r.close)
kept = []
for n in range(600):
    add(n)
planted = kept if PY2 else weakref.finalize._registry
''',
    'finished_threads': '''
class Worker(threading.Thread):
    def run(self):
        self.result = pieces(1, 10)
workers = [Worker() for n in range(60)]
for w in workers:
    w.start()
    w.join()
planted = workers
''',
    'thread_storage': '''
storage = {}
get_ident = threading._get_ident if PY2 else threading.get_ident
barrier = threading.Event()
def work():
    storage[get_ident()] = pieces(1, 20)
    barrier.wait()
threads = [threading.Thread(target=work) for n in range(30)]
for t in threads:
    t.start()
while len(storage) < 30:
    time.sleep(0.01)
barrier.set()
for t in threads:
    t.join()
del threads, t
planted = storage
''',
    'open_sockets': '''
import socket
sockets = []
for n in range(100):
    sockets.extend(socket.socketpair())
    if n % 10 == 0:
        done, _ = socket.socketpair()
        done.close()
planted = sockets
''',
    'open_responses': '''
import socket
if PY2:
    from httplib import HTTPResponse
else:
    from http.client import HTTPResponse
responses, other_ends = [], []
for n in range(90):
    here, there = socket.socketpair()
    there.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\nthe beginning')
    other_ends.append(there)
    responses.append(HTTPResponse(here))
    responses[-1].begin()
    here.close()
planted = responses
''',
    'open_files': '''
import io
files = [io.open('/dev/null', 'rb' if n % 2 else 'r') for n in range(200)]
closed = [io.open('/dev/null', 'rb') for n in range(100)]
for f in closed:
    f.close()
planted = files
''',
    'pending_tasks': '''
if PY2:
    raise Absent('no asyncio in 2.7')
import asyncio
exec("async def wait_for_ever():\\n await loop.create_future()\\n"
     "async def wait_a_while():\\n await asyncio.sleep(1000)\\n"
     "async def main():\\n await asyncio.sleep(0.01)\\n")
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
tasks = [loop.create_task(wait_for_ever()) for n in range(100)]
others = [loop.create_task(wait_a_while()) for n in range(100)]
loop.run_until_complete(main())
planted = tasks
''',
    'uncollected_cycles': '''
class Node(object):
    pass
for n in range(1000):
    node = Node()
    node.itself = node
    node.data = piece(n)
del node
''',
    'failed_futures': '''
class Future(object):
    """As in concurrent.futures, which 2.7 lacks."""
    _exception = None
    def set_exception(self, e):
        self._exception = e
if not PY2:
    from concurrent.futures import Future
submitted = []
for n in range(40):
    submitted.append(Future())
    submitted[-1].set_exception(caught(n, 50))
planted = submitted
''',
    'kept_traceback': '''
class Connection(object):
    pass
connection = Connection()
connection.error = caught()
planted = connection.error.__traceback__
if PY2:
    sys.exc_clear()
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
    'kept_frames': '''
kept = []
def parse(n):
    body = pieces(n, 30)
    kept.append(sys._getframe())
for n in range(20):
    parse(n)
planted = kept
''',
    'kept_frames: one': '''
class Profiler(object):
    pass
profiler = Profiler()
def parse():
    body = pieces(0, 600)
    profiler.frame = sys._getframe()
parse()
planted = profiler.frame
''',
    'ended_thread_locals': '''
try:
    import ctypes
except ImportError:
    raise Absent('no ctypes')
libc = ctypes.CDLL(None)
libc.pthread_create.argtypes = [ctypes.c_void_p] * 4
libc.pthread_join.argtypes = [ctypes.c_ulong, ctypes.c_void_p]
held = threading.local()
@ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
def work(_):
    ctypes.pythonapi.PyGILState_Ensure()
    held.body = pieces(1, 100)
    time.sleep(0.5) # all of them at a time: their idents differ
native = [ctypes.c_ulong() for n in range(6)]
for t in native:
    libc.pthread_create(ctypes.addressof(t), None, ctypes.cast(work, ctypes.c_void_p), None)
for t in native:
    libc.pthread_join(t, None)
planted = held
''',
    'growing_container: list': '''
class History(object):
    def __init__(self):
        self.entries = ['value %d ' % n * 10 for n in range(50000)]
history = History()
planted = history.entries
''',
    'growing_container: set': '''
class Seen(object):
    def __init__(self):
        self.keys = set('key %d ' % n * 10 for n in range(50000))
seen = Seen()
planted = seen.keys
''',
    'growing_container: deque': '''
import collections
class Log(object):
    def __init__(self):
        self.lines = collections.deque('line %d ' % n * 10 for n in range(50000))
log = Log()
planted = log.lines
''',
    'growing_container: defaultdict': '''
import collections
class Index(object):
    def __init__(self):
        self.words = collections.defaultdict(list)
        for n in range(20000):
            self.words['word %d' % n].append('text %d ' % n * 20)
index = Index()
planted = index.words
''',
    'queue_backlog: asyncio': '''
if PY2:
    raise Absent('no asyncio in 2.7')
import asyncio
jobs = None
exec("async def fill():\\n global jobs\\n jobs = asyncio.Queue()\\n for n in range(5000): await jobs.put(piece(n, 1000))", globals())
asyncio.new_event_loop().run_until_complete(fill())
planted = jobs
''',
    'queue_backlog: simple': '''
if PY2:
    raise Absent('no SimpleQueue in 2.7')
import queue
if not hasattr(queue, 'SimpleQueue'):
    raise Absent('no SimpleQueue in 3.6')
jobs = queue.SimpleQueue()
for n in range(5000):
    jobs.put(piece(n, 1000))
planted = jobs
''',
    'failed_futures: asyncio': '''
if PY2:
    raise Absent('no asyncio in 2.7')
import asyncio
exec("async def fail(n):\\n stalled(n, 50)\\nasync def main():\\n await asyncio.wait(tasks)")
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
tasks = [loop.create_task(fail(n)) for n in range(40)]
loop.run_until_complete(main())
planted = tasks
''',
    'logged_exception: capture': '''
import logging, logging.handlers
class Capture(logging.Handler):
    def __init__(self):
        logging.Handler.__init__(self)
        self.records = []
    def emit(self, record):
        self.records.append(record)
capture = Capture()
log = logging.getLogger('worker')
log.propagate = False
log.addHandler(capture)
for n in range(10):
    try:
        stalled(n, 60)
    except ValueError:
        log.exception('failed')
planted = capture.records
''',
    'kept_exceptions: triples': '''
failures = []
for n in range(40):
    try:
        stalled(n, 50)
    except ValueError:
        failures.append(sys.exc_info())
planted = failures
''',
    'callbacks: partials': '''
import functools
class Job(object):
    def __init__(self, n):
        self.data = piece(n)
    def done(self, how):
        pass
at_end = {}
for n in range(600):
    at_end[n] = functools.partial(Job(n).done, 'well')
planted = at_end
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
    plant, name, rule = LEAKS[rule], rule.replace(': ', '-'), rule.partition(':')[0]
    core, planted = dump(name, plant, directory, where)
    if core is None:
        print('%-24s SKIP %s' % (name, planted))
        return True
    found, database = findings(options, name, core, directory, where)
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
    print('%-24s %s%s' % (name, first['title'] if first else '', '  <-- ' + trouble if trouble else ''))
    return not trouble


def is_quiet(options, name, directory, where):
    core, reason = dump(name, QUIET[name], directory, where)
    if core is None:
        raise Failure(reason)
    found, _ = findings(options, name, core, directory, where)
    loud = ['%s: %s' % (f['rule'], f['title']) for f in found if f['severity'] != 'note']
    print('%-24s %d notes%s' % (name, len(found), ''.join('  <-- ' + text for text in loud)))
    return not loud


def run(options):
    rules = os.path.join(os.path.dirname(os.path.dirname(process.HERE)), 'schema', 'rules')
    wrong = 0
    where = place.Place(options.python)
    with where.folder() as directory:
        for name in options.only or list(QUIET) + list(LEAKS):
            wrong += not (is_quiet if name in QUIET else planted_is_first)(options, name, directory, where)
            made = os.path.join(directory, name.replace(': ', '-') + '.db')
            if options.keep and os.path.exists(made):
                os.replace(made, os.path.join(options.keep, name + '.db'))
    for name in sorted(os.listdir(rules)):
        if name.endswith('.sql') and name[:-4] not in LEAKS:
            print('%-24s no process plants it' % name)
            wrong += 1
    return 1 if wrong else 0


def parser():
    made = runner.parser(__doc__, sys.executable)
    made.add_argument('--only', action='append')
    made.add_argument('--show', action='store_true')
    made.add_argument('--keep', metavar='DIR', help='leave the databases there')
    return made



if __name__ == '__main__':
    runner.main(run, parser())
