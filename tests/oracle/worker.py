"""A heap like that of a server's worker after some hours: for the corpus, so that every question of schema/cookbook has an
answer there. Needs 3.8 or later."""
import functools
import io
import logging
import logging.handlers
import queue
import socket
import sys
import threading
import weakref

ssl = sys.modules.setdefault('ssl', None)  # asyncio does without
import asyncio

if ssl is None:
    del sys.modules['ssl']

import finalizers

SESSIONS = {}                       # a cache that nobody empties
LOCAL = threading.local()
LOG = logging.getLogger('worker')
PENDING = []


class Session:
    def __init__(self, number):
        self.user = 'user-%d' % number
        self.rights = ['read', 'write'] if number % 10 == 0 else ['read']
        self.page = ('<p>%04d</p>' % number) * 20


class Point:
    __slots__ = ('x', 'y')

    def __init__(self, x, y):
        self.x, self.y = x, y


class Connection:
    def __init__(self, peer):
        self.peer = peer

    def __del__(self):
        finalizers.RAN.append(id(self))


@functools.lru_cache(maxsize=512)
def rendered(number):
    return ('row %d ' % number) * 30


@functools.lru_cache(maxsize=None)
def squared(number):
    return number * number


def gone(reference):
    PENDING.append(reference)


def record_class():
    """Whoever calls this for each request gets a class each time."""
    class Record:
        fields = ('a', 'b')
    return Record


async def reply(event):
    await event.wait()


async def serve(event, name):
    await reply(event)


async def tasks(event):
    made = [asyncio.create_task(serve(event, n), name='request-%d' % n) for n in range(3)]
    made.append(asyncio.create_task(asyncio.sleep(3600), name='housekeeping'))
    await asyncio.sleep(0)
    return made


def logs():
    memory = logging.handlers.MemoryHandler(1000, flushLevel=100)
    waiting = queue.Queue()
    LOG.propagate = False
    LOG.setLevel(logging.DEBUG)
    for handler in (memory, logging.handlers.QueueHandler(waiting), logging.StreamHandler(io.StringIO())):
        LOG.addHandler(handler)
    for n in range(40):
        LOG.info('request %d took %.1f s', n, n / 7)
    return waiting


def waits(ready, end):
    LOCAL.user = SESSIONS[3]
    LOCAL.scratch = [0.5] * 100
    ready.set()
    end.wait()


def fragments():
    """Arenas that a burst of small objects filled, of which a few stay."""
    burst = [Point(n, -n) for n in range(120000)]
    return burst[::15000]


def cycles():
    for n in range(4):
        connection = Connection('10.0.0.%d' % n)
        connection.buffer = bytearray(2000 + n)
        connection.me = connection
        finalizers.GARBAGE.append(id(connection))
    connection = None


def handle(path, incident, stand_still):
    listing = open(path, encoding='utf-8')
    ours, theirs = socket.socketpair()
    stream = ours.makefile('rb')
    return incident(stand_still), listing, stream, theirs


def build(incident, stand_still):
    LOCAL.user = 'main'
    for n in range(400):
        SESSIONS[n] = Session(n)
        rendered(n)
        squared(n)
    loop = asyncio.new_event_loop()
    running = loop.run_until_complete(tasks(asyncio.Event()))
    waiting = logs()
    watched = [weakref.ref(SESSIONS[n], gone) for n in range(5)]
    classes = [record_class() for n in range(4)]
    records = [kind() for kind in classes for n in range(3)]
    copies = [('{"status": "ok", "page": %d}' % (n % 3)) * 8 for n in range(60)]
    pieces = io.StringIO()
    for n in range(50):
        pieces.write('line %d\n' % n * 20)
    ready, end = threading.Event(), threading.Event()
    thread = threading.Thread(target=waits, args=(ready, end), name='pool-1', daemon=True)
    thread.start()
    ready.wait()
    cycles()
    left = fragments()
    del finalizers.RAN[:]
    done = handle(__file__, incident, stand_still)
    return done, loop, running, waiting, watched, records, copies, pieces, left
