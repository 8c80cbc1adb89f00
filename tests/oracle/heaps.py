"""The heaps that the oracle asks about. Each builds something and calls `stand_still` with it alive.

Runs on 2.7 and on 3.6 and later; newer syntax stands in modern.py."""
from __future__ import print_function

import array
import gc
import random
import sys

import finalizers

PY2 = sys.version_info[0] == 2
FREED = {}                    # type name -> array of addresses of objects that are gone
GARBAGE = array.array('L')    # members of cycles that nothing holds
TAKEN = array.array('L')      # addresses that malloc gave and has not got back
RETURNED = array.array('L')   # and such that it has
if PY2:
    chr, range = unichr, xrange  # noqa: F821
else:
    import modern


def plain(stand_still):
    stand_still()


def zoo(stand_still):
    import zoo as animals
    kept = animals.build()
    gc.collect()
    after = animals.build()
    # These two static types are made ready by the first who asks for the size of an instance (CPython 3.11
    # Objects/codeobject.c never does): ask now, and not after the fork.
    for name in ('co_lines', 'co_positions'):
        if hasattr(zoo.__code__, name):
            sys.getsizeof(getattr(zoo.__code__, name)())
    stand_still()
    return kept, after


def mixed(seed, count=2500):
    """Containers grown and shrunk, nested, of every kind, with holes, resizes and shared keys."""
    rng = random.Random(seed)

    class Record(object):
        pass

    class Slotted(object):
        __slots__ = ('a', 'b', '__weakref__')

    class Both(Slotted):
        pass

    def atom():
        kind = rng.randrange(9)
        if kind == 0:
            return rng.randrange(-10, 300)
        if kind == 1:
            return rng.randrange(1 << rng.randrange(1, 300)) * rng.choice((1, -1))
        if kind == 2:
            return rng.random() * 10 ** rng.randrange(-300, 300)
        if kind == 3:
            return 'k%d' % rng.randrange(10000)
        if kind == 4:
            return u''.join(chr(rng.choice((65, 0xe9, 0x20ac, 0x1f600, 0xd800))) for _ in range(rng.randrange(20)))
        if kind == 5:
            return bytes(bytearray(rng.randrange(256) for _ in range(rng.randrange(40))))
        if kind == 6:
            return rng.choice((None, True, False, Ellipsis, ()))
        if kind == 7:
            return (rng.random(), 'x' * rng.randrange(700))
        return frozenset(range(rng.randrange(6)))

    from collections import deque
    keep = []
    for _ in range(count):
        kind = rng.randrange(11)
        size = rng.choice((0, 1, 2, 3, 5, 8, 13, 40, 200))
        if kind == 0:
            made = [atom() for _ in range(size)]
            del made[rng.randrange(size + 1):]
            made.extend(atom() for _ in range(rng.randrange(4)))
        elif kind == 1:
            made = {atom(): atom() for _ in range(size)}
            for key in list(made):
                if rng.random() < 0.4:
                    del made[key]
            if rng.random() < 0.3:
                made['again'] = atom()
        elif kind == 2:
            made = {'k%d' % rng.randrange(1000): atom() for _ in range(size)}
            for _ in range(rng.randrange(len(made) + 1)):
                made.popitem()
            if rng.random() < 0.2:
                made[1] = 'no longer only str keys'
            if rng.random() < 0.2:
                made.clear()
        elif kind == 3:
            made = {atom() for _ in range(size)}
            for item in list(made):
                if rng.random() < 0.4:
                    made.discard(item)
        elif kind == 4:
            made = deque((atom() for _ in range(size)), maxlen=rng.choice((None, None, 7, 100)))
            for _ in range(rng.randrange(100)):
                rng.choice((made.append, made.appendleft))(atom())
            for _ in range(rng.randrange(len(made) + 1)):
                rng.choice((made.pop, made.popleft))()
            made.rotate(rng.randrange(5))
        elif kind == 5:
            made = tuple(atom() for _ in range(size))
        elif kind in (6, 7):
            made = Record()
            for _ in range(rng.randrange(34)):
                setattr(made, 'n%d' % rng.randrange(40), atom())
            for name in list('n%d' % n for n in range(40)):
                if rng.random() < 0.1 and hasattr(made, name):
                    delattr(made, name)
            if rng.random() < 0.3:
                made.__dict__
            if rng.random() < 0.1:
                made.__dict__ = {'replaced': atom()}
        elif kind == 8:
            made = rng.choice((Slotted, Both))()
            if rng.random() < 0.8:
                made.a = atom()
            if rng.random() < 0.8:
                made.b = [atom()]
            if type(made) is Both:
                made.c = atom()
        elif kind == 9 and keep:
            made = [rng.choice(keep) for _ in range(size)]
        else:
            made = bytearray(rng.randrange(100))
            del made[:rng.randrange(10)]
        keep.append(made)
        if rng.random() < 0.3:
            keep[rng.randrange(len(keep))] = None
        if rng.random() < 0.002:
            gc.collect(rng.randrange(3))
    keep.append(keep)
    return keep


def random_heap(seed):
    def build(stand_still):
        kept = mixed(seed)
        stand_still()
        return kept
    return build


def begin(thread):
    thread.daemon = True
    thread.start()


def raise_from(error, cause):
    if PY2:
        raise error
    modern.raise_from(error, cause)


class Deep(object):
    """What a stack of 500 frames holds."""


def deep(stand_still):
    import select
    import socket
    import threading
    import time

    lock = threading.Lock()
    lock.acquire()
    ready = threading.Semaphore(0)
    quiet, other = socket.socketpair()
    event = threading.Event()

    def waits_for_lock(held):
        note = ['waits for', held]
        ready.release()
        with lock:
            return note

    def sleeps(seconds):
        label = 'sleeper %r' % seconds
        ready.release()
        time.sleep(seconds)
        return label

    def selects(sock):
        watched = [sock]
        ready.release()
        select.select(watched, [], [])

    def waits_for_event():
        try:
            raise ValueError('handled in a thread')
        except ValueError as handled:
            ready.release()
            event.wait()
            return handled

    def reads(sock):
        pieces = []
        ready.release()
        pieces.append(sock.recv(10))

    for target, args in ((waits_for_lock, ({'k': 1.5},)), (sleeps, (1e6,)), (selects, (quiet,)),
                         (waits_for_event, ()), (reads, (other,))):
        begin(threading.Thread(target=target, args=args, name='oracle-' + target.__name__))
    for _ in range(5):
        ready.acquire()
    time.sleep(0.3)

    def generator(limit):
        total = {'n': 0}
        for n in range(limit):
            total['n'] += n
            yield total

    made = [generator(9), generator(9), generator(7), (a for a in 'letters'), generator(1)]
    for g in made[1:4]:
        next(g)
    for _ in made[4]:
        pass
    if not PY2:
        made.append(modern.suspended(generator(5)))
        made.append(modern.cells(4))

    def chain_of_errors():
        try:
            try:
                {}['missing']
            except KeyError as first:
                inner = 'inner'
                raise_from(ValueError('second', inner), first)
        except ValueError:
            local = bytearray(10)
            raise OSError(2, 'third', 'file')

    def descend(n, acc):
        local = {'depth': n}
        square = n * n * 1000
        if n == 0:
            return bottom(acc)
        if n % 100 == 7:
            return [descend(n - 1, acc) for _ in range(1)]
        if n % 100 == 9:
            return {key: descend(n - 1, acc + (key,)) for key in ('a',)}
        if n % 100 == 11:
            return sorted([n], key=lambda v: descend(v - 1, acc))
        if n % 100 == 13:
            return next(descend(m, acc) for m in (n - 1,))
        if n % 100 == 17:
            class Body:
                value = descend(n - 1, acc)
            return Body
        if n % 100 == 19:
            try:
                raise LookupError(n)
            except LookupError as held:
                return descend(n - 1, acc)
            finally:
                del square
        if n % 100 == 23:
            def captured():
                return n, local
            return descend(n - 1, acc + (captured,))
        return descend(n - 1, acc)

    def bottom(acc):
        try:
            chain_of_errors()
        except OSError as error:
            kept = sys.exc_info()[2]
            import logging
            record = logging.LogRecord('n', 10, 'p', 1, 'm', (), (type(error), error, kept))
            with open('/dev/null') as file:
                for line in [1, 2, 3]:
                    stand_still()
                    break
        return None

    descend(500, ('start',))
    return made


def freed(stand_still):
    """Objects of all kinds that are gone; free lists filled."""
    import io
    from collections import OrderedDict, deque

    class Plain(object):
        def __init__(self, n):
            self.n = n

    class Slots(object):
        __slots__ = 'x'

    def generator():
        yield 1

    makers = {
        'list': lambda n: [n] * (n % 50), 'tuple': lambda n: tuple(range(1000, 1000 + n % 25)),
        'dict': lambda n: {k: n for k in range(n % 20)}, 'strdict': lambda n: {str(k): n for k in range(n % 20)},
        'float': lambda n: n * 1.25, 'int': lambda n: n + (1 << 40), 'bigint': lambda n: 1 << (n % 5000 + 70),
        'str': lambda n: 'freed%d' % n + 'x' * (n % 900), 'widestr': lambda n: u'\u20ac%d' % n,
        'bytes': lambda n: b'%d' % n * (n % 300 + 3), 'set': lambda n: set(range(n % 30)),
        'frozenset': lambda n: frozenset(range(n % 30 + 1)), 'deque': lambda n: deque(range(n % 200)),
        'OrderedDict': lambda n: OrderedDict.fromkeys(range(n % 9)), 'instance': Plain, 'slots': lambda n: Slots(),
        'method': lambda n: Plain(n).__init__, 'lambda': lambda n: lambda: n, 'generator': lambda n: generator(),
        'exception': lambda n: ValueError(n), 'bytearray': lambda n: bytearray(n % 3000),
        'slice': lambda n: slice(n + 1000, None), 'complex': lambda n: complex(n, 1),
        'class': lambda n: type('Gone%d' % n, (), {'a': n}), 'StringIO': lambda n: io.StringIO(u'x' * n),
        'BytesIO': lambda n: io.BytesIO(b'x' * n), 'range': lambda n: range(n + 1000), 'big list': lambda n: [n] * 9000,
        'object': lambda n: object(), 'memoryview': lambda n: memoryview(b'x%d' % n),
    }
    if PY2:
        class Old:
            def __init__(self, n):
                self.n = n

        makers.update({'old instance': Old, 'unicode': lambda n: u'freed%d' % n * (n % 90),
                       'old class': lambda n: type(Old)('Gone%d' % n, (), {'a': n}), 'long': lambda n: long(n)})  # noqa: F821
    keep = []
    for name, make in makers.items():
        amount = 40 if name in ('class', 'big list') else 600
        addresses = array.array('L', [0]) * amount
        FREED[name] = addresses
    for make in makers.values():  # what CPython makes on first use and keeps: it must not come to where others were
        for n in range(1, 10):
            make(n)
    gc.collect()
    for name, make in makers.items():
        addresses = FREED[name]
        made = [make(n) for n in range(1, len(addresses) + 1)]
        for n, o in enumerate(made):
            addresses[n] = id(o)
        o = None
        # Every fifth lives on, so that pools and arenas stay and hold holes; tuples, lists, dicts and floats fill
        # their free lists on the way. Not of these: they hold an int or a bytes (bytearray: 3.15+) that nothing can ask for,
        # so that nobody would know what stands in those blocks now.
        if name not in ('range', 'BytesIO', 'bytearray'):
            keep.append(made[::5])
            for n in range(0, len(addresses), 5):
                addresses[n] = 0
        del made
    gc.collect()
    for n in range(30):
        cycle = [n]
        pair = {'cycle': cycle, 'instance': Plain(n)}
        pair['instance'].back = pair
        cycle.append(pair)
        GARBAGE.append(id(cycle))
        GARBAGE.append(id(pair))
        GARBAGE.append(id(pair['instance']))
    cycle = pair = None
    stand_still()
    return keep


def churned(stand_still):
    """malloc's arenas in use: chunks of all sizes, most of them freed, by three threads and the main one; more than a
    thread's first heap takes."""
    import ctypes
    import threading
    import time

    library = ctypes.PyDLL(None)
    malloc, free = library.malloc, library.free
    malloc.restype, malloc.argtypes, free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
    ready = threading.Semaphore(0)
    sizes = (24, 40, 100, 120, 200, 500, 1000, 1032, 1100, 2000, 5000, 11000, 40000, 70000)

    def churn(seed):
        rng = random.Random(seed)
        kept = array.array('L')
        for _round in range(3): # what one frees, the next sorts into bins
            blocks = [malloc(rng.choice(sizes) + 16 * rng.randrange(4)) for _ in range(700)]
            for block in blocks:
                if rng.random() < 0.6:
                    free(block)
                else:
                    kept.append(block)
        for size in (200000, 500000):
            kept.append(malloc(size))
        if seed == 1:
            many = [malloc(120000) for _ in range(700)]
            for block in many[::3]:
                free(block)
            kept.extend(many[1::3])
            kept.extend(many[2::3])
        small = [malloc(24 + 16 * (n % 6)) for n in range(240)]
        gone = array.array('L', [block for n, block in enumerate(small) if n // 6 % 2])
        kept.extend(block for n, block in enumerate(small) if not n // 6 % 2)
        del small, blocks
        for block in gone:  # more than a tcache takes: fastbins, until something large is asked for or freed
            free(block)
        return kept, gone

    def work(seed):
        kept[seed] = churn(seed)
        ready.release()
        while True:
            time.sleep(1000000)
            kept[seed]

    kept = {}
    for seed in range(1, 4):
        begin(threading.Thread(target=work, args=(seed,), name='oracle-churn-%d' % seed))
    for seed in range(1, 4):
        ready.acquire()
    time.sleep(0.3)
    kept[0] = churn(0)
    for seed, (taken, returned) in kept.items():
        TAKEN.extend(taken)
        if seed:  # in the main arena others have taken of it
            RETURNED.extend(returned)
    stand_still()
    return kept


def pending(stand_still):
    finalizers.build()
    if not PY2:
        modern.unfinished(finalizers.RAN, finalizers.keep)
    del finalizers.RAN[:]
    GARBAGE.extend(finalizers.GARBAGE)
    stand_still()


def frozen(stand_still):
    kept = mixed(11)
    gc.freeze()  # 3.7 and later
    more = mixed(12)
    stand_still()
    return kept, more


class Response(object):
    __slots__ = ('pieces', 'text')

    def __init__(self, pieces):
        self.pieces = pieces
        self.text = None


def incident(stand_still):
    """Small: a body read in pieces, held by the traceback of a record that a handler keeps. For the corpus."""
    import io
    import socket
    import threading

    timeout = socket.timeout if PY2 else TimeoutError

    class Handler(object):
        last = None

        def emit(self, record):
            self.last = record

    handler = Handler()

    def read_body(response, limit):
        text = io.StringIO()
        for n in range(limit):
            piece = (u'%06d ' % n) * 40
            response.pieces.append(piece)
            text.write(piece)
            received = n + 1
        response.text = text
        try:
            raise OSError(110, 'no more bytes')
        except OSError as low:
            raise_from(timeout('timed out after %d pieces' % received), low)

    def fetch(url):
        response = Response([])
        return read_body(response, 64)

    def work(job):
        try:
            fetch('http://localhost/' + job)
        except timeout:
            handler.emit({'message': 'failed', 'exc_info': sys.exc_info()})

    def lazily():
        for n in range(3):
            yield n * 1000

    def waits(event):
        event.wait()

    event = threading.Event()
    begin(threading.Thread(target=waits, args=(event,), name='waiter'))
    task = None
    if not PY2:
        task = modern.supervise()
        task.send(None)
    for n in range(3):
        cycle = [n, {}]
        cycle[1]['back'] = cycle
        GARBAGE.append(id(cycle))
        GARBAGE.append(id(cycle[1]))
    cycle = None
    started = lazily()
    next(started)
    work('big')
    import time
    time.sleep(0.2)
    stand_still()
    return handler, started, task


def sample(stand_still):
    """The incident among containers of every kind. For the corpus."""
    kept = mixed(7, 200)
    return kept, incident(stand_still)


def worker(stand_still):
    """A server's worker after some hours, with the incident on top. For the corpus."""
    try:
        return __import__('worker').build(incident, lambda: (GARBAGE.extend(finalizers.GARBAGE), stand_still()))
    finally:
        del finalizers.GARBAGE[:]


HEAPS = {'incident': incident, 'plain': plain, 'sample': sample, 'zoo': zoo, 'deep': deep, 'freed': freed,
         'churned': churned, 'finalizers': pending, 'random1': random_heap(1), 'random2': random_heap(2),
         'random3': random_heap(3)}
if sys.version_info >= (3, 8):
    HEAPS['worker'] = worker
if hasattr(gc, 'freeze'):
    HEAPS['frozen'] = frozen
