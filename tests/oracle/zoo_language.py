"""Functions, descriptors, weak references, exceptions, generators, tasks, classes, code."""
from __future__ import print_function

import sys

from zoo_kit import PY3, advance, exhaust, exhibit, text


# ---- functions, descriptors ----

@exhibit
def functions(zoo):
    import functools
    import operator

    def closure(cell, empty=False):
        def inner(a, b=[1], *args, **kwargs):
            return cell, late, a, b
        if empty:
            late = None
        return inner

    def attributed():
        pass
    attributed.note = ['attribute of a function']
    attributed.__doc__ = 'documented'
    recursive = [None]
    recursive[0] = lambda: recursive

    @functools.wraps(closure)
    def wrapper(*args, **kwargs):
        return closure(*args, **kwargs)

    class Methods(object):
        def plain(self):
            pass

        @classmethod
        def of_class(cls):
            pass

        @staticmethod
        def static():
            pass

        @property
        def value(self):
            'documented property'
            return 1

        @value.setter
        def value(self, v):
            pass

        def sup(self):
            return super(Methods, self)

    class Partial(functools.partial):
        pass

    m = Methods()
    part = functools.partial(int, base=2)
    part.note = 'partial with attribute'
    sub = Partial(max, [1], key=len)
    sub.x = 1
    zoo.add('partialmethod', lambda: functools.partialmethod(max, 1))
    zoo.add('cmp_to_key', lambda: [functools.cmp_to_key(lambda a, b: 0), functools.cmp_to_key(lambda a, b: 0)([1])])
    zoo.add('operators', lambda: [operator.itemgetter(1), operator.itemgetter('a', (2,), [3]),
                                  operator.attrgetter('a.b.c'), operator.attrgetter('a', 'b.c'),
                                  operator.methodcaller('f'), operator.methodcaller('f', [1], k=2)])
    zoo.add('descriptors', lambda: [
        str.__dict__['join'], int.__dict__['__add__'], (1).__add__, dict.__dict__['fromkeys'], type(m).__dict__['value'],
        type.__dict__['__mro__'], type.__dict__['__dict__'], type(attributed).__dict__['__globals__'], [].append, len,
        m.plain, Methods.of_class, Methods.__dict__['of_class'], Methods.__dict__['static'], Methods.plain, m.sup(),
        super(Methods, Methods), Methods.__dict__, property(), property(len, None, None, 'doc'), object.__init__,
        [].__len__, {}.get, str.maketrans, int.from_bytes, bytes.fromhex, object().__str__])
    zoo.run('lru caches', '''
import functools
@functools.lru_cache(maxsize=64)
def bounded(*args, **kwargs): return [args, kwargs]
@functools.lru_cache(maxsize=None, typed=True)
def unbounded(x): return [x]
@functools.lru_cache(maxsize=0)
def none(x): return x
@functools.lru_cache(4)
def empty(x): return x
for i in range(100):
    bounded(i, k='v%d' % (i % 7)); unbounded(i); unbounded(float(i)); none(i)
unbounded.note = ['attribute']
class C:
    @functools.lru_cache()
    def method(self, x): return [x, self]
    @functools.cached_property
    def cached(self): return ['computed']
c = C(); c.method(1); c.method('a'); c.cached
@functools.singledispatch
def generic(x): return x
generic.register(int, lambda x: x)
generic(1); generic('a')
''')
    zoo.add('instancemethod', instancemethod)
    return [closure([1]), closure(2, True), attributed, recursive, wrapper, m, m.value, part, sub, part.func,
            functools.partial(part, 5), eval('lambda *, k=1: k')] if PY3 else [closure([1]), attributed, part, sub]


def instancemethod():
    import ctypes
    new = ctypes.pythonapi.PyInstanceMethod_New
    new.restype, new.argtypes = ctypes.py_object, [ctypes.py_object]
    return new(len)


@exhibit
def modules(zoo):
    import types
    made = types.ModuleType('by_hand', 'documented')
    made.attribute = ['of a module']
    made.itself = made

    class Module(types.ModuleType):
        pass

    zoo.add('namespaces', lambda: [types.SimpleNamespace(), types.SimpleNamespace(a=1, b=[2])])
    zoo.add('mappingproxy', lambda: [types.MappingProxyType({'a': [1]}), vars(type)])
    zoo.add('capsules', capsules)
    zoo.add('cells', lambda: [types.CellType(), types.CellType([1])])
    zoo.add('moduledef', moduledef)
    return [made, Module('sub'), types.ModuleType('')]


def capsules():
    import datetime
    import socket
    import unicodedata
    return [datetime.datetime_CAPI, socket.CAPI, unicodedata._ucnhash_CAPI]


def moduledef():
    import array
    import ctypes
    get = ctypes.pythonapi.PyModule_GetDef
    get.restype, get.argtypes = ctypes.py_object, [ctypes.py_object]
    return get(array)


@exhibit
def memoryviews(zoo):
    import array
    import mmap
    add = zoo.add
    store = bytearray(b'0123456789' * 10)
    view = memoryview(store)
    released = memoryview(b'released')
    zoo.animals.append(('memoryviews', [view, memoryview(b'bytes'), view[10:50:2], released]))
    add('memoryview release', released.release)
    add('memoryview cast', lambda: [view.cast('I'), view.cast('B', [10, 10]), view.toreadonly(), memoryview(view),
                                    memoryview(array.array('d', [1, 2, 3])), memoryview(b'x' * 64).cast('d', [2, 2, 2])])
    anonymous = mmap.mmap(-1, 8192)
    anonymous[:5] = b'hello'
    closed = mmap.mmap(-1, 4096)
    closed.close()
    zoo.animals.append(('mmaps', [anonymous, closed, memoryview(anonymous)]))
    for code in 'bBhHiIlLfd' + ('uqQ' if PY3 else ''):
        add('array ' + code, lambda: array.array(code, u'text' if code == 'u' else [1, 2, 3]))
    grown = array.array('i')
    for i in range(1000):
        grown.append(i)

    class Array(array.array):
        pass

    sub = Array('d', [1.5])
    sub.unit = 'm'
    add('PickleBuffer', lambda: [__import__('pickle').PickleBuffer(store), __import__('pickle').PickleBuffer(b'x')])
    return [grown, sub, array.array('B'), iter(grown), advance(iter(grown)), exhaust(iter(array.array('b', [1])))]


# ---- weak references ----

@exhibit
def weak(zoo):
    import weakref

    class Target(object):
        def method(self):
            pass

        def __call__(self):
            pass

    class Ref(weakref.ref):
        __slots__ = ('key',)

    class Attributed(weakref.ref):
        pass

    class Bare(object):
        pass

    t, other, called, bare = Target(), Target(), [], Bare()
    zoo.animals.append(('proxies', [bare, weakref.proxy(bare), weakref.proxy(bare, len), weakref.ref(bare)]))
    refs = [weakref.ref(t), weakref.ref(t), weakref.ref(t, called.append), weakref.proxy(t), weakref.proxy(t, len),
            Ref(t), Attributed(t, len)]
    refs[5].key = ['slot of a weakref']
    refs[6].note = [1]
    dead, dead_callback = weakref.ref(other), weakref.ref(other, called.append)
    gone = weakref.proxy(other)
    del other
    values, keys, members = weakref.WeakValueDictionary(), weakref.WeakKeyDictionary(), weakref.WeakSet()
    targets = [Target() for _ in range(20)]
    for i, o in enumerate(targets):
        values[i] = o
        keys[o] = i
        members.add(o)
    del targets[10:]
    zoo.add('finalize', lambda: [weakref.finalize(t, len, 'x'), weakref.WeakMethod(t.method)])
    zoo.add('weak function', lambda: [weakref.ref(weak), weakref.ref(Target), weakref.proxy(weak), weakref.ref(set())])
    return [t, refs, called, dead, dead_callback, gone, values, keys, members, targets]


# ---- exceptions, generators, coroutines ----

@exhibit
def exceptions(zoo):
    import builtins
    caught = []

    def raising(depth, kind, *args):
        local = ['kept by the traceback', depth]
        if depth:
            raising(depth - 1, kind, *args)
        raise kind(*args)

    def catch(f, *args):
        try:
            f(*args)
        except BaseException as e:
            caught.append(e)
            return e
        return None

    special = {'UnicodeDecodeError': ('utf-8', b'\xff', 0, 1, 'bad'), 'UnicodeEncodeError': ('ascii', u'\xff', 0, 1, 'bad'),
               'UnicodeTranslateError': (u'x', 0, 1, 'bad'), 'SyntaxError': ('bad', ('file', 3, 4, 'text', 3, 9)), 'IndentationError': ('bad', ('file', 3, 4, 'text', 3, 9)),
               'TabError': ('bad', ('file', 3, 4, 'text', 3, 9)),
               'OSError': (2, 'missing', 'path one', None, 'path two'), 'SystemExit': (['code'],), 'StopIteration': ([1],),
               'BaseExceptionGroup': ('group', [KeyboardInterrupt(), ValueError(1)]),
               'ExceptionGroup': ('group', [ValueError(1), KeyError('k')])}
    every = []
    for name, kind in sorted(vars(builtins).items()):
        if isinstance(kind, type) and issubclass(kind, BaseException):
            zoo.add(name, lambda: every.append(kind(*special.get(name, ('argument', [1])))) or every[-1])
    catch(raising, 20, ValueError, 'deep')
    catch(raising, 0, KeyError, ('key',))
    catch(lambda: [].missing)
    catch(lambda: undefined_name)  # noqa: F821
    catch(lambda: __import__('missing_module_of_the_zoo'))
    catch(lambda: open('/missing/of the zoo'))
    catch(lambda: compile('a b', 'file', 'exec'))
    catch(lambda: b'\xff'.decode('utf-8'))
    catch(lambda: u'\xff'.encode('ascii'))
    catch(lambda: next(iter([])))

    class Own(Exception):
        def __init__(self, *args):
            Exception.__init__(self, *args)
            self.extra = ['attribute']

    def chained():
        try:
            raising(2, Own, 'first')
        except Own:
            raise Own('second')
    catch(chained)
    zoo.run('modern exceptions', '''
caught = []
try:
    try:
        raise KeyError('cause')
    except KeyError as e:
        raise ValueError('effect') from e
except ValueError as e:
    caught.append(e)
try:
    try:
        raise KeyError('hidden')
    except KeyError:
        raise ValueError('suppressed') from None
except ValueError as e:
    caught.append(e)
''')
    zoo.run('notes and groups', '''
e = ValueError('with notes')
e.add_note('first note'); e.add_note('second note')
try:
    raise ExceptionGroup('outer', [ValueError(1), ExceptionGroup('inner', [KeyError('x'), OSError(5, 'io')])])
except* OSError as caught:
    kept = caught
except* (ValueError, KeyError) as others:
    rest = others
''')
    return [caught, every, caught[0].__traceback__, caught[0].__traceback__.tb_frame]


@exhibit
def generators(zoo):
    def counting(n):
        local = [n]
        try:
            while True:
                got = yield local
                local.append(got)
        finally:
            local = None

    def handling():
        try:
            raise ValueError('being handled')
        except ValueError:
            yield 'inside except'

    started, fresh, closed = counting(1), counting(2), counting(3)
    next(started)
    next(closed)
    closed.close()
    done = (x for x in [1])
    exhaust(done)
    within = handling()
    next(within)
    nested = (lambda x: (y for y in (x for x in x)))([1, 2, 3])
    next(nested)
    named = counting(4)
    zoo.run('delegation', '''
def inner():
    x = yield 1
    yield [x]
def outer():
    r = yield from inner()
    return r
suspended = outer()
next(suspended)
over_list = (lambda: (yield from [1, 2, 3]))()
next(over_list)
''')
    zoo.run('coroutines', '''
import types
class Awaitable:
    def __await__(self):
        got = yield 'from __await__'
        return got
async def inner(): return await Awaitable()
async def outer(x=[1]): return await inner()
fresh, suspended = outer(), outer()
suspended.send(None)
wrapper = outer().__await__()
wrapper_running = outer().__await__()
wrapper_running.send(None)
@types.coroutine
def old():
    yield 'old style'
async def over_old(): await old()
o = over_old()
o.send(None)
async def agen():
    x = yield 1
    await Awaitable()
    yield [x]
g_fresh, g_started = agen(), agen()
asend_fresh = g_started.asend(None)
asend_started = g_fresh.asend(None)
try: asend_started.send(None)
except StopIteration as e: first = e.value
asend_waiting = g_fresh.asend(['sent'])
asend_waiting.send(None)
athrow = agen().athrow(ValueError, 'thrown')
aclose = agen().aclose()
if hasattr(__builtins__, 'anext') or sys.version_info >= (3, 10):
    an = anext(agen(), 'default')
class Manager:
    async def __aenter__(self): await Awaitable(); return self
    async def __aexit__(self, *a): await Awaitable()
async def managed():
    async with Manager() as m:
        async for x in agen():
            await Awaitable()
in_with = managed()
in_with.send(None)
in_for = managed()
in_for.send(None)
in_for.send(None)
comp = (x async for x in agen())
''')
    return [started, fresh, closed, done, within, nested, named, started.gi_frame, fresh.gi_code]


@exhibit
def asyncio_types(zoo):
    return zoo.run('asyncio', '''
import asyncio, functools
loop = asyncio.new_event_loop()
async def waiting(f): return await f
async def sleeping(n): await asyncio.sleep(n); return n
async def nested(f): await waiting(f)
async def failing(): raise ValueError('of a task')
async def main():
    f = loop.create_future()
    g = loop.create_future()
    g.add_done_callback(print)
    g.add_done_callback(functools.partial(print, 'second'))
    g.add_done_callback(functools.partial(print, 'third'))
    tasks = [loop.create_task(waiting(f), name='named task'), loop.create_task(nested(f)),
             loop.create_task(sleeping(1000)), loop.create_task(failing()), loop.create_task(sleeping(0))]
    cancelled = loop.create_task(sleeping(999))
    gathered = asyncio.gather(waiting(f), sleeping(500), return_exceptions=True)
    shielded = asyncio.shield(loop.create_task(sleeping(400)))
    queue = asyncio.Queue(2); queue.put_nowait('x')
    getter = loop.create_task(asyncio.Queue().get())
    lock = asyncio.Lock(); await lock.acquire()
    locker = loop.create_task(lock.acquire())
    event = asyncio.Event(); waiter = loop.create_task(event.wait())
    for _ in range(5): await asyncio.sleep(0)
    cancelled.cancel('message')
    await asyncio.sleep(0); await asyncio.sleep(0)
    tasks[3].exception()
    return locals()
kept = loop.run_until_complete(main())
done, failed, fresh = loop.create_future(), loop.create_future(), loop.create_future()
done.set_result(['result']); failed.set_exception(KeyError('of a future')); failed.exception()
fresh.note = ['attribute']
iterator = fresh.__await__()
started = iter(fresh); next(started)
never = loop.create_task(sleeping(1))
for t in asyncio.all_tasks(loop): t._log_destroy_pending = False
fresh_handle = loop.call_later(1000, print, 'later')
loop._scheduled
class Loopy(asyncio.Future): pass
sub = Loopy(loop=loop); sub.x = 1
class Tasky(asyncio.Task): pass
''')


# ---- classes ----

@exhibit
def classes(zoo):
    import abc
    add = zoo.add
    add('unions and aliases', lambda: eval('[int | str, int | None, list[int], dict[str, list[int]], type[int], '
                                           'tuple[int, ...], iter(list[int])]'))
    zoo.run('typing', '''
import typing
from typing import *
T = TypeVar('T', bound=int); U = TypeVar('U', int, str)
class Box(Generic[T]):
    item: T
box = Box[int](); box.item = 5
generics = [List[int], Dict[str, T], Optional[int], Union[int, str], Callable[[int], str], Tuple[int, ...], Any, Box[T][int]]
class Proto(Protocol):
    def method(self) -> int: ...
class Typed(TypedDict):
    a: int
class Named(NamedTuple):
    a: int = 5
    b: str = 'x'
named = Named(1)
N = NewType('N', int)
alias = list[T] if sys.version_info >= (3, 9) else None
substituted = alias[int] if alias else None
''')
    zoo.run('typing 3.11', '''
from typing import *
P = ParamSpec('P'); Ts = TypeVarTuple('Ts')
unpacked = [Unpack[Ts], Concatenate[int, P], Annotated[int, 'note'], Literal['a', 1], Self, Never]
starred = [*tuple[int, str]]
''')
    zoo.run('enums', '''
import enum
class Color(enum.Enum):
    RED = 1; GREEN = [2]; ALIAS = 1
class Flag(enum.Flag):
    A = 1; B = 2; C = 4
class Int(enum.IntEnum):
    ONE = 1
class Str(str, enum.Enum):
    X = 'x'
combined = Flag.A | Flag.C
''')
    zoo.run('dataclasses', '''
import dataclasses
@dataclasses.dataclass
class Data:
    a: int; b: list = dataclasses.field(default_factory=list)
@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    a: int = 1; b: str = 'x'
@dataclasses.dataclass(order=True)
class Derived(Data):
    c: float = 0.5
d, f, e = Data(1), Frozen(), Derived(1, [2], 3)
fields = dataclasses.fields(Data)
''')
    zoo.run('abc', '''
import abc, collections.abc, numbers
class Abstract(abc.ABC):
    @abc.abstractmethod
    def method(self): ...
class Concrete(Abstract):
    def method(self): return 1
class Virtual: pass
Abstract.register(Virtual); isinstance(5, Abstract); isinstance(Virtual(), Abstract)
isinstance(1, numbers.Number); issubclass(list, collections.abc.Sequence)
class Mapping(collections.abc.MutableMapping):
    def __init__(self): self.d = {}
    def __getitem__(self, k): return self.d[k]
    def __setitem__(self, k, v): self.d[k] = v
    def __delitem__(self, k): del self.d[k]
    def __iter__(self): return iter(self.d)
    def __len__(self): return len(self.d)
m = Mapping(); m['a'] = 1
views = [m.keys(), m.values(), m.items()]
c, impl = Concrete(), Abstract._abc_impl
''')
    zoo.run('metaclasses', '''
class Meta(type):
    attributes = []
    def __prepare__(name, bases, **kw): return {'prepared': [1]}
    def __new__(m, name, bases, space, **kw):
        cls = super().__new__(m, name, bases, space); m.attributes.append(cls); return cls
    def __init__(cls, *a, **kw): cls.kw = kw
class Base(metaclass=Meta, option=['x']):
    def __init_subclass__(cls, **kw): cls.subclassed = kw
    class Inner: pass
class Derived(Base): __slots__ = ('s',)
d = Derived(); d.s = [d]; d.x = 1
class Diamond(Derived, Base.Inner): pass
class Descriptor:
    def __set_name__(self, owner, name): self.owner, self.name = owner, name
    def __get__(self, o, t): return [o]
class Uses:
    described = Descriptor()
    def f(self): return __class__
class Wide:
    __slots__ = tuple('slot%d' % i for i in range(50))
w = Wide(); w.slot10 = [1]; w.slot49 = w
''')
    return abc


@exhibit
def code_objects(zoo):
    import ast
    import dis
    source = 'def f(a, b=1, *c, d, **e):\n    x = [y for y in a]\n    def g():\n        return x, a\n    return g\n'
    code = compile(source, 'source', 'exec')
    zoo.add('code iterators', lambda: [code.co_lines(), code.co_positions(), advance(code.co_lines(), 1),
                                       advance(code.co_consts[1 if not PY3 else 1].co_positions(), 1)
                                       if hasattr(code.co_consts[1], 'co_positions') else None])
    zoo.add('symbol table', lambda: __import__('symtable').symtable(source, 'file', 'exec'))
    zoo.add('symbol table entry', lambda: __import__('_symtable').symtable(source, 'file', 'exec'))
    zoo.add('tokenizer', lambda: advance(__import__('_tokenize').TokenizerIter(source)))
    zoo.add('profiler', profiler)
    zoo.add('code with caches', lambda: [code.co_code, code.co_varnames, code.replace(co_name='other')])
    return [code, ast.parse(source), dis.Bytecode(code) if PY3 else None]


def profiler():
    import cProfile
    p = cProfile.Profile()
    p.enable()
    sorted([3, 1, 2], key=lambda x: -x)
    list(map(str, range(20)))
    p.disable()
    own = cProfile.Profile(timer=lambda: 0.5)
    return [p, p.getstats(), own]


@exhibit
def odd_ones(zoo):
    add = zoo.add
    add('subtypes', lambda: [__import__('xxsubtype').spamlist([1, 2]), __import__('xxsubtype').spamdict(a=[1])])
    add('interpreter id', lambda: [__import__('_xxsubinterpreters').get_main(), __import__('_xxsubinterpreters').channel_create()])
    add('uuid', lambda: __import__('uuid').uuid4())
    add('logging', logger)
    add('argparse', lambda: __import__('argparse').ArgumentParser())
    add('ipaddress', lambda: [__import__('ipaddress').ip_address('::1')])
    add('tcl', tcl)
    add('context managers', lambda: [__import__('contextlib').ExitStack(), __import__('contextlib').suppress(KeyError)])
    add('inspect', lambda: __import__('inspect').signature(logger))
    add('ndbm', ndbm)
    add('importers', lambda: [sys.meta_path, __import__('importlib.util').util.find_spec('json'), sys.path_hooks])
    add('shelf', lambda: __import__('shelve').Shelf({}))
    add('subprocess', lambda: __import__('subprocess').CompletedProcess([], 0))
    add('site', lambda: [sys.modules['builtins'].__dict__.get('copyright'), sys.modules['builtins'].__dict__.get('exit')])
    add('sys objects', lambda: [sys.implementation, sys.meta_path, sys.path_importer_cache, sys.modules['sys']])
    return zoo


def ndbm():
    import dbm.ndbm
    import os
    import shutil
    import tempfile
    where = tempfile.mkdtemp()
    db = dbm.ndbm.open(os.path.join(where, 'zoo'), 'n')
    db[b'key'] = b'value'
    shutil.rmtree(where)
    return db


def tcl():
    import _tkinter
    app = _tkinter.create(None, 'zoo', 'Zoo', False, 1, False, False, None)
    app.createcommand('zoo', lambda *a: 1)
    return [app, app.createtimerhandler(10 ** 6, lambda: None), app.call('list', 'a', ('b', 'c')), app.call('encoding', 'dirs')]


def logger():
    import io
    import logging
    handler = logging.StreamHandler(io.StringIO() if PY3 else io.BytesIO())
    log = logging.Logger('of the zoo')
    log.addHandler(handler)
    log.warning('message %s', 'with arguments')
    try:
        raise ValueError('logged')
    except ValueError:
        record = log.makeRecord('x', 10, 'file', 5, 'msg', (), sys.exc_info())
    return [handler, log, record]
