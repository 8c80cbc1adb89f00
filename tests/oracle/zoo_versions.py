"""What single versions have: the types of 2.7, the ways of older 3.x, the newest ones."""
from __future__ import print_function

import sys

from zoo_kit import PY3, advance, exhibit, exhaust

FILES = []


def temporary():
    import tempfile
    FILES.append(tempfile.NamedTemporaryFile())
    return FILES[-1].name


# ---- 2.7 ----

OLD_STYLE = '''
class Old:
    attribute = 'of the class'
    def method(self): return self
class Derived(Old):
    def __getattr__(self, name):
        if name.startswith('__'): raise AttributeError(name)
        return 1
    def __setattr__(self, name, value): self.__dict__[name] = value
    def __delattr__(self, name): del self.__dict__[name]
class Plain: pass
old, derived, empty = Old(), Derived(), Plain()
old.itself, old.other, derived.x = old, derived, [1, 2]
for i in range(40): setattr(old, 'a%d' % i, i)
for i in range(30): delattr(old, 'a%d' % i)
bound, unbound = old.method, Old.method
many = [Old() for i in range(20)]
for one in many: one.next = many
class Mixed(Old, object): pass
mixed = Mixed()
mixed.y = 2
'''


@exhibit
def python2(zoo):
    if PY3:
        return
    add = zoo.add
    zoo.run('old style', OLD_STYLE)
    import itertools
    add('i iterators', lambda: [
        itertools.imap(None, [1, 2], [3]), advance(itertools.imap(str, range(9))), itertools.ifilter(None, [0, 1, 2]),
        advance(itertools.ifilter(str, [5, 6, 7])), itertools.ifilterfalse(None, [0, 1, 0]), itertools.izip(),
        itertools.izip([1, 2, 3], 'abc'), advance(itertools.izip(range(5), 'abcde')), exhaust(itertools.izip([1], 'a')),
        itertools.izip_longest([1, 2, 3], 'ab', fillvalue=['fill']), advance(itertools.izip_longest(range(7), 'ab')),
        itertools.tee(iter(range(200)), 3)])
    d = dict.fromkeys(range(50), [1])
    add('dict iterators', lambda: [d, d.iterkeys(), d.itervalues(), advance(d.iteritems()), advance(d.iteritems(), 50),
                                   exhaust(d.iterkeys()), d.viewkeys(), d.viewvalues(), d.viewitems()])
    add('xrange', lambda: [xrange(10), xrange(5, 100, 7), iter(xrange(10)), reversed(xrange(9)),  # noqa: F821
                           advance(iter(xrange(10 ** 6)))])                                      # noqa: F821
    add('buffers', lambda: [buffer('text of a buffer', 3, 5), buffer(bytearray(b'abc')), buffer(buffer('nested'))])  # noqa: F821
    add('memoryviews 2', lambda: [memoryview(b'bytes'), memoryview(bytearray(b'array')), memoryview(b'slice')[1:3]])
    add('dictproxy', lambda: [object.__dict__, type('C', (object,), {}).__dict__, int.__dict__])
    add('slices', lambda: [slice(1, [2], 'three'), slice(None), Ellipsis, complex(1, 2), super(bool, True), super(bool)])
    add('longs', lambda: [10 ** n for n in range(0, 200, 7)] + [-(1 << n) for n in range(0, 200, 13)])
    add('unicode', lambda: [u'', u'a', u'\xe9', u'\u20ac' * 50, u'\U0001f600', u'long' * 1000])
    add('unicode with str', lambda: encoded(u'encoded once' * 3))
    add('files', files)
    add('cStringIO', string_ios)
    add('StringIO', pieces)
    add('_io of 2.7', new_ios)
    add('cPickle', pickles)
    add('bz2', lambda: bz2s())
    add('arrays', lambda: [__import__('array').array(c, [1, 2, 3]) for c in 'bBhHiIlLfd']
        + [__import__('array').array('c', 'characters'), __import__('array').array('u', u'unicode'),
           iter(__import__('array').array('i', range(100)))])
    add('parsers', lambda: [__import__('parser').expr('1 + 2'), __import__('compiler').parse('x = 1')])
    add('ast', lambda: [compile('def f(a, b=1): return [x for x in a if b]', '<zoo>', 'exec', 1024),
                        compile('1 + 2 * x', '<zoo>', 'eval', 1024)])
    add('regular expressions', regular)
    add('queues', lambda: queue2())
    add('threads', lambda: [__import__('thread').allocate_lock(), __import__('threading').RLock(), local2(),
                            __import__('threading').Condition(), __import__('threading').Event()])
    add('CObject', lambda: [cobject()])
    add('hotshot', lambda: [__import__('hotshot').Profile(temporary()), __import__('_hotshot').logreader(hotshot_log())])
    add('codecs', lambda: multibyte())
    add('json', lambda: jsons())
    add('csv', lambda: csvs())
    add('decimal', lambda: [__import__('decimal').Decimal('1.5'), __import__('decimal').getcontext()])
    add('mmap', lambda: __import__('mmap').mmap(-1, 4096))
    add('user types', lambda: [__import__('UserDict').UserDict({1: [2]}), __import__('UserList').UserList([1, [2]]),
                               __import__('UserString').UserString('user')])
    add('ordered', lambda: ordered())
    add('format iterators', lambda: [u'{0.a} {1[b]}'._formatter_parser(), '{0.a} {1[b]}'._formatter_parser(),
                                     u'a.b[c]'._formatter_field_name_split(), 'a.b[c]'._formatter_field_name_split()])
    add('pipes', lambda: [__import__('multiprocessing').Pipe(), __import__('multiprocessing').Semaphore()])
    add('sqlite', lambda: database())
    add('ssl', lambda: secure())
    add('ctypes', lambda: foreign())
    add('elements', lambda: elements())
    add('exceptions', lambda: failures())
    add('time', lambda: [__import__('time').gmtime(0), __import__('os').stat('/'), __import__('os').statvfs('/'),
                         __import__('pwd').getpwuid(0), __import__('resource').getrusage(0), sys.flags, sys.long_info,
                         __import__('datetime').datetime.now(), __import__('datetime').timedelta(1), zone()])
    add('zipimporter', lambda: zip_importer())


def encoded(value):
    hash(value), {value: 1}, buffer(value)  # noqa: F821 (the encoded str is kept)
    int(u'12'), value == 'x', getattr(value, 'upper')
    value.encode('ascii').decode('ascii')
    return [value, unicode('kept').__hash__(), value]  # noqa: F821


def files():
    made = [open(temporary(), 'w+'), open(temporary(), 'r', 100), open('/dev/null', 'rb', 0), sys.stdin, sys.stderr]
    made[0].write('text' * 3000)
    made.append(open('/dev/null', 'U'))
    made[-1].close()
    return made


def string_ios():
    import cStringIO
    reader, writer, big = cStringIO.StringIO('a reader of this text'), cStringIO.StringIO(), cStringIO.StringIO()
    from_buffer = cStringIO.StringIO(bytearray(b'held'))
    reader.read(5)
    writer.write('short')
    for _ in range(500):
        big.write('x' * 100)
    closed = cStringIO.StringIO()
    closed.close()
    return [reader, writer, big, from_buffer, closed, iter(cStringIO.StringIO('a\nb\n'))]


def pieces():
    import StringIO
    many, few, joined, mixed = [StringIO.StringIO() for _ in range(4)]
    for i in range(100):
        many.write('piece %d ' % i * 10)
        joined.write('joined')
        mixed.write(u'unicode' if i % 2 else 'str')
    few.write('one piece')
    joined.getvalue()
    joined.write('after')
    return [many, few, joined, mixed, StringIO.StringIO('initial'), StringIO.StringIO(u'initial')]


def new_ios():
    import io
    text, binary, closed = io.StringIO(u'initial'), io.BytesIO(b'initial bytes'), io.BytesIO()
    for _ in range(200):
        text.write(u'a piece')
        binary.write(b'a piece')
    closed.close()
    path = temporary()
    wrapped = io.open(path, 'w', encoding='utf-8')
    wrapped.write(u'pending \u20ac')
    reader = io.open('/etc/passwd', encoding='utf-8')
    reader.readline()
    raw = io.FileIO('/dev/null')
    pair = io.BufferedRWPair(io.BytesIO(b'x'), io.BytesIO())
    return [text, binary, closed, io.BytesIO(), io.StringIO(), wrapped, reader, raw, pair, io.BufferedRandom(io.FileIO(path, 'r+')),
            io.IncrementalNewlineDecoder(None, True), io.TextIOWrapper(io.BytesIO(b'abc'))]


def pickles():
    import cPickle
    import cStringIO
    out = cStringIO.StringIO()
    first = cPickle.Pickler(out, 2)
    first.dump([1, 'two', {3: [4]}])
    fast = cPickle.Pickler(1)
    fast.fast = 1
    fast.dump([1, 2, (3, 4)])
    identified = cPickle.Pickler(cStringIO.StringIO())
    identified.persistent_id = lambda o: None
    identified.dump('x')
    second = cPickle.Unpickler(cStringIO.StringIO(out.getvalue()))
    second.load()
    half = cPickle.Unpickler(cStringIO.StringIO(out.getvalue()[:-3]))
    half.persistent_load = str
    try:
        half.load()
    except Exception:
        pass
    return [first, fast, identified, second, half]


def bz2s():
    import bz2
    path = temporary()
    written = bz2.BZ2File(path, 'w')
    written.write('text' * 1000)
    written.close()
    decompressor = bz2.BZ2Decompressor()
    decompressor.decompress(bz2.compress('x' * 1000) + 'unused')
    compressor = bz2.BZ2Compressor()
    compressor.compress('y' * 1000)
    return [bz2.BZ2File(path), advance(bz2.BZ2File(path, 'rU'), 1), written, decompressor, compressor]


def regular():
    import re
    pattern = re.compile('(a)(?P<b>b)?')
    scanner = pattern.scanner('ababab')
    scanner.search()
    return [pattern, pattern.match('ab'), pattern.match('a'), scanner, pattern.finditer('abab'), re.compile(u'\u20ac+')]


def queue2():
    import Queue
    made = [Queue.Queue(5), Queue.PriorityQueue(), Queue.LifoQueue()]
    for one in made:
        one.put((1, 'item'))
    return made


def local2():
    import threading
    data = threading.local()
    data.attribute = ['of a thread']
    return data


def cobject():
    import ctypes
    make = ctypes.pythonapi.PyCObject_FromVoidPtr
    make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_void_p]
    return make(None, None)


def hotshot_log():
    import hotshot
    path = temporary()
    profile = hotshot.Profile(path)
    profile.run('x = 1')
    profile.close()
    return path


def multibyte():
    import codecs
    import io
    made = []
    for name in ('gb18030', 'iso2022_jp', 'euc_kr', 'big5'):
        encoder = codecs.getincrementalencoder(name)('replace')
        decoder = codecs.getincrementaldecoder(name)('strict')
        encoder.encode(u'\u4e2d')
        decoder.decode(u'\u4e2d'.encode(name)[:-1])
        made += [encoder, decoder, codecs.getreader(name)(io.BytesIO(b'abc')), codecs.getwriter(name)(io.BytesIO(), 'my errors'),
                 codecs.getincrementalencoder(name)('my own errors')]
    return made


def jsons():
    import json
    decoder, encoder = json.JSONDecoder(object_hook=dict), json.JSONEncoder(indent=2, sort_keys=True)
    from _json import make_encoder, make_scanner
    return [decoder, encoder, make_scanner(decoder), make_encoder({}, str, str, None, ': ', ', ', True, False, True)]


def csvs():
    import csv
    reader = csv.reader(['a,b', 'c,"d'], 'excel')
    next(reader)
    writer = csv.writer(open('/dev/null', 'w'))
    writer.writerow([1, 'two', None])
    return [reader, writer, csv.get_dialect('excel')]


def ordered():
    from collections import OrderedDict, Counter, defaultdict, deque, namedtuple
    d = OrderedDict((i, [i]) for i in range(100))
    for i in range(0, 100, 2):
        del d[i]
    queue = deque(range(1000))
    for _ in range(333):
        queue.popleft()
    return [d, Counter('abracadabra'), defaultdict(list, a=[1]), queue, iter(queue), reversed(queue), deque(), deque(range(62)),
            deque(range(63)), deque([1, 2], 5), namedtuple('Point', 'x y')(1, [2])]


def database():
    import sqlite3
    db = sqlite3.connect(':memory:', isolation_level='IMMEDIATE')
    db.row_factory = sqlite3.Row
    db.create_function('zoo', 1, lambda x: x)
    db.create_collation('backwards', lambda a, b: 0)
    db.set_authorizer(lambda *a: 0)
    db.set_progress_handler(lambda: 0, 10 ** 6)
    db.execute('create table t (a, b)')
    db.executemany('insert into t values (?, ?)', [(i, 'text %d' % i) for i in range(30)])
    cursor = db.execute('select a, b from t')
    half = db.cursor()
    half.execute('select * from t where a > 1')
    return [db, cursor, cursor.fetchone(), half, half.fetchmany(3), db.execute('select 1').fetchall()]


def secure():
    import socket
    import ssl
    context = ssl.SSLContext(getattr(ssl, 'PROTOCOL_TLS', ssl.PROTOCOL_SSLv23))
    if hasattr(context, 'set_servername_callback'):
        context.set_servername_callback(lambda *a: None)
    one, two = socket.socketpair()
    if not PY3:
        one = socket.socket(_sock=one)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return [context, one, two, context.wrap_socket(one, do_handshake_on_connect=False), context.session_stats(),
            socket.socket()]


def foreign():
    import ctypes

    class Point(ctypes.Structure):
        _fields_ = [('x', ctypes.c_int), ('y', ctypes.c_char_p), ('next', ctypes.c_void_p)]

    class Either(ctypes.Union):
        _fields_ = [('a', ctypes.c_int), ('b', ctypes.c_double)]
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)
    made = [Point(1, b'text'), Either(), (ctypes.c_int * 5)(1, 2), ctypes.pointer(Point()), ctypes.c_wchar_p(u'wide'),
            ctypes.py_object([1]), kind(lambda x: x), kind, ctypes.byref(Point()), ctypes.create_string_buffer(100),
            ctypes.cast(0, ctypes.POINTER(Either)), (Point * 3)(), ctypes.CDLL(None).strlen]
    made[-1].restype, made[-1].argtypes = ctypes.c_size_t, [ctypes.c_char_p]
    return made


def elements():
    import xml.etree.cElementTree as ET
    import xml.parsers.expat
    tree = ET.XML(b'<a x="1"><b>text</b>tail<c/><c/><c/><c/><c/></a>')
    expat = xml.parsers.expat.ParserCreate()
    expat.StartElementHandler, expat.buffer_text = (lambda *a: None), True
    return [tree, tree.find('b'), list(tree), expat, advance(tree.iter(), 1)]  # a TreeBuilder's list has NULL items


def failures():
    made = []
    for statement in ('1 / 0', 'undefined', '{}["key"]', '[][1]', 'int("x")', 'open("/nonexistent")', 'u"\xe9".encode("ascii")',
                      '"\xe9".decode("ascii")', 'import nonexistent', 'raise "text"', 'raise SystemExit(3)', 'x ='):
        try:
            exec(compile(statement, '<zoo failures>', 'exec'), {})
        except BaseException:
            made.append(sys.exc_info())
    return made


def zone():
    import datetime

    class Zone(datetime.tzinfo):
        def utcoffset(self, when):
            return datetime.timedelta(hours=1)
    return [Zone(), datetime.datetime(2020, 1, 2, tzinfo=Zone()), datetime.time(1, 2, tzinfo=Zone()), datetime.date(2020, 1, 2)]


def zip_importer():
    import zipfile
    import zipimport
    path = temporary()
    archive = zipfile.ZipFile(path, 'w')
    archive.writestr('zoo_in_a_zip.py', 'x = 1')
    archive.close()
    return [zipimport.zipimporter(path), archive]


# ---- older 3.x: what the exhibits of zoo_library and zoo_language ask too much of ----

ASYNCIO = '''
import asyncio
loop = asyncio.new_event_loop()
async def sleeping(): await asyncio.sleep(1000)
async def failing(): raise ValueError('of a task')
async def nested(): await sleeping()
async def nothing(): return 'result'
done, failed, waiting = loop.create_future(), loop.create_future(), loop.create_future()
done.set_result([1])
failed.set_exception(KeyError('set'))
waiting.add_done_callback(print)
waiting.add_done_callback(len)
waiting.add_done_callback(id)
async def for_future(): await waiting
async def awaiting_done(): return await done
tasks = [loop.create_task(c) for c in (sleeping(), nested(), failing(), nothing(), for_future(), awaiting_done(), sleeping())]
fresh = loop.create_task(sleeping())
loop.call_later(0.05, tasks[-1].cancel)
loop.call_later(0.1, loop.stop)
loop.run_forever()
new_one = loop.create_task(sleeping())
iterator = waiting.__await__() if hasattr(waiting, '__await__') else iter(waiting)
next(iterator)
gathered = asyncio.gather(sleeping(), nothing(), **({} if sys.version_info >= (3, 10) else {'loop': loop})) \\
    if sys.version_info < (3, 10) else None
'''


@exhibit
def older(zoo):
    if not PY3:
        return
    zoo.run('plain asyncio', ASYNCIO)
    zoo.add('parser', lambda: [__import__('parser').expr('1 + 2'), __import__('parser').suite('x = 1')])
    zoo.add('plain sqlite', database)
    zoo.add('plain ssl', secure)
    zoo.add('plain codecs', multibyte)
    zoo.add('plain ctypes', foreign)
    zoo.add('plain re', regular)
    zoo.add('plain io', new_ios)
    zoo.add('plain failures', failures)
    zoo.add('plain datetime', zone)
    zoo.add('zip importer', zip_importer)
    zoo.add('plain scanner', lambda: plain_json())
    zoo.add('plain pickles', lambda: plain_pickles())
    zoo.add('plain caches', lambda: plain_caches())
    zoo.add('windows', lambda: window())
    zoo.add('profiler', lambda: profiler())


def plain_json():
    import json
    decoder = json.JSONDecoder(object_hook=dict, strict=False)
    encoder = json.JSONEncoder(indent=2, sort_keys=True, skipkeys=True)
    from _json import make_encoder, make_scanner
    return [decoder, encoder, make_scanner(decoder), make_encoder({}, str, str, None, ': ', ', ', True, False, True)]


def plain_pickles():
    import io
    import pickle

    class Persistent(pickle.Pickler):
        def persistent_id(self, o):
            return None

    class Loader(pickle.Unpickler):
        def persistent_load(self, o):
            return None
    out = io.BytesIO()
    first, second = pickle.Pickler(out, 2), Persistent(io.BytesIO())
    if sys.version_info < (3, 13):
        first.persistent_id = lambda o: None
    for one in (first, second):
        one.dump([1, 'two', {3: [4]}, b'bytes' * 100])
    loader, half = Loader(io.BytesIO(out.getvalue())), pickle.Unpickler(io.BytesIO(out.getvalue()[:-4]))
    loader.load()
    if sys.version_info < (3, 13):
        half.persistent_load = str
    try:
        half.load()
    except Exception:
        pass
    return [first, second, loader, half, first.memo, loader.memo]


def plain_caches():
    import functools

    @functools.lru_cache(maxsize=5)
    def few(x, *more, **named):
        return [x]

    @functools.lru_cache(maxsize=None)
    def all_of_them(x):
        return (x,)

    @functools.lru_cache(maxsize=3, typed=True)
    def typed(x):
        return x
    for i in range(10):
        few(i), few(i, 'b'), few(i, name='value'), all_of_them(i), typed(i), typed(float(i))
    return [few, all_of_them, typed, few.cache_info()]


def window():
    import curses
    import os
    if not hasattr(os, 'openpty') or not hasattr(curses, 'setupterm'):
        raise ValueError('no terminal')
    master, slave = os.openpty()
    curses.setupterm('dumb', slave)
    return [master, slave]


def profiler():
    import _lsprof
    made = _lsprof.Profiler()
    made.enable()
    sorted([3, 1, 2], key=lambda x: -x)
    list(map(str, range(5)))
    made.disable()
    return [made, made.getstats()]


# ---- 3.12 and newer ----

TYPE_PARAMETERS = '''
type Alias = list[int]
type Generic_alias[T, *Ts, **P] = dict[T, tuple[*Ts]] | None
evaluated = Alias.__value__
def function[T: (int, str), U: 'Forward'](a: T) -> U: return a
class Box[T]:
    value: T
    def get[V](self, other: V) -> T: return self.value
class Derived[T](Box[T]): pass
parameters = function.__type_params__ + Box.__type_params__ + Generic_alias.__type_params__
bound = [p.__constraints__ for p in function.__type_params__]
instantiated = [Box[int], Box[int](), Derived[str], Generic_alias[int, str, float, [int]], Alias | None]
from typing import *
P = ParamSpec('P', bound=int)
spec = [P.args, P.kwargs, TypeVarTuple('Ts'), TypeVar('T', int, str), TypeVar('C', covariant=True), TypeVar('B', bound='later')]
unpacked = [Unpack[spec[2]], Callable[P, int], Callable[Concatenate[int, P], str]]
made = TypeAliasType('Made', list[int], type_params=())
'''
DEFAULTS = '''
from typing import *
class Box[T = int, **P = [int]]:
    pass
class Packed[*Ts = *tuple[int, str]]:
    pass
defaults = [p.__default__ for p in Box.__type_params__[:1]]
parameters = Box.__type_params__ + Packed.__type_params__
by_call = [TypeVar('T', default=list), ParamSpec('P', default=[int]), TypeVarTuple('Ts', default=Unpack[Tuple[int]]), NoDefault]
'''
TEMPLATES = '''
name, value = 'world', [1, 2]
template = t'hello {name!r:>10} and {value} {{}}'
empty, nested = t'', t'{t"inner {value}"}'
parts = [iter(template), template.interpolations, template.strings, list(template)]
half = iter(template)
next(half)
'''
LOCALS = '''
def proxies():
    x, y = [1], 'two'
    frame = sys._getframe()
    return [frame.f_locals, frame]
kept = proxies()
'''
NEWEST = '''
frozen = [frozendict(), frozendict(a=1, b=[2]), frozendict({i: str(i) for i in range(50)})]
marks = [sentinel('MARK'), sentinel('OTHER')]
'''


@exhibit
def newer(zoo):
    if sys.version_info < (3, 12):
        return
    zoo.run('type parameters', TYPE_PARAMETERS)
    zoo.run('defaults', DEFAULTS)
    zoo.run('templates', TEMPLATES)
    zoo.run('frame locals', LOCALS)
    zoo.run('newest', NEWEST)
    zoo.add('batched', lambda: [__import__('itertools').batched(range(10), 3), advance(__import__('itertools').batched('abcdefg', 2))])
    zoo.add('methodcallers', callers)
    zoo.add('queue ring', ring)
    zoo.add('replacements', replacements)
    zoo.add('zlib reader', zlib_reader)
    zoo.add('instructions', lambda: instructions())
    zoo.add('zstd', lambda: zstd())


def callers():
    from operator import methodcaller
    made = [methodcaller('upper'), methodcaller('split', ' ', 1), methodcaller('split', sep=' ', maxsplit=2), methodcaller('join', ['a'])]
    for caller in made:
        caller('some text')
    return made


def ring():
    import _queue
    empty, short, wrapped, grown = [_queue.SimpleQueue() for _ in range(4)]
    short.put(['an item'])
    for i in range(6):
        wrapped.put((i,))
    for i in range(5):
        wrapped.get()
    for i in range(5):
        wrapped.put(['wrapped', i])
    for i in range(100):
        grown.put({i: i})
    for i in range(70):
        grown.get()
    return [empty, short, wrapped, grown]


def replacements():
    import re
    try:
        from re import _compile_template
    except ImportError:
        return None
    return [_compile_template(re.compile(p), r) for p, r in (('(a)(b)', r'\2-\1-'), ('(a)', r'\1'), ('(?P<n>x)', r'<\g<n>>\g<n>end'))]


def zlib_reader():
    import zlib
    reader = zlib._ZlibDecompressor()
    reader.decompress(zlib.compress(b'x' * 10000)[:20], 10)
    with_dictionary = zlib._ZlibDecompressor(zdict=b'dictionary of this')
    unused = zlib._ZlibDecompressor()
    unused.decompress(zlib.compress(b'y' * 100) + b'unused')
    return [reader, with_dictionary, unused]


def instructions():
    import _testinternalcapi
    sequence = _testinternalcapi.new_instruction_sequence()
    if not hasattr(sys, 'gettotalrefcount'):  # Py_DEBUG asserts that the operation is one of those with an argument
        sequence.addop(1, 2, 3, 4, 5, 6)
    sequence.add_nested(_testinternalcapi.new_instruction_sequence())
    return sequence


def zstd():
    from compression import zstd as module
    compressor, decompressor = module.ZstdCompressor(), module.ZstdDecompressor()
    compressor.compress(b'x' * 1000)
    decompressor.decompress(module.compress(b'y' * 1000) + b'unused')
    return [compressor, decompressor]
