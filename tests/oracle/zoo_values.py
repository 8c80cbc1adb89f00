"""Numbers, strings, containers, instances, iterators."""
from __future__ import print_function

import sys

from zoo_kit import PY3, Zoo, advance, exhaust, exhibit, text


# ---- values ----

@exhibit
def numbers(zoo):
    class Int(int):
        pass

    class Float(float):
        __slots__ = ('unit',)

    class Complex(complex):
        pass

    attributed = Int(10 ** 40)
    attributed.name = 'ten'
    slotted = Float(2.5)
    slotted.unit = 'second'
    small = [0, 1, -1, 255, 256, 257, -5, -6, 2 ** 15, 2 ** 30 - 1, 2 ** 30, 2 ** 60, -2 ** 60, 2 ** 62, 2 ** 63, 2 ** 64]
    huge = [10 ** n for n in (20, 100, 1000, 5000)] + [-3 ** 2000, (1 << 100000) + 1]
    return [small, huge, True, False, None, Ellipsis, NotImplemented, 1.5, -0.0, float('inf'), float('nan'), 1e308,
            5e-324, 1j, 2.5 - 3j, attributed, slotted, Complex(1, 2), Int(0)]


@exhibit
def strings(zoo):
    class Str(text):
        pass

    class Bytes(bytes):
        pass

    class Slotted(text):
        __slots__ = ('tag',)

    tagged = Slotted(u'tagged \u20ac')
    tagged.tag = 'x'
    attributed = Str(u'attributed')
    attributed.color = u'gr\xfcn'
    plain = [u'', u'a', u'\xe9', u'ascii ' * 3, u'latin \xe9\xfc' * 2, u'greek \u03b1\u03b2' * 2, u'\U0001f600 smile',
             u'\ud800', u'surrogates \ud83d \udc00', u'nul\0inside', u'x' * 5000, u'\xe9' * 5000, u'\u20ac' * 5000,
             u'\U0001f600' * 500]
    with_utf8 = u'cached utf-8 \u20ac'
    try:
        compile(u'0', with_utf8.encode('utf-8'), 'eval')
        ''.join([with_utf8, 'x'])
        zoo.add('utf-8 in an object', lambda: with_utf8_cached(with_utf8))
    except Exception as e:
        zoo.skipped.append(('utf-8 cache', repr(e)))
    arrays = [bytearray(), bytearray(b'abc'), bytearray(1000)]
    moved = bytearray(b'0123456789' * 10)
    del moved[:7]
    grown = bytearray()
    for i in range(100):
        grown.append(i)
    return [plain, tagged, attributed, b'', b'x', b'bytes ' * 100, b'\0\xff', Bytes(b'sub'), arrays, moved, grown,
            sys.intern('interned zoo string'), bytearray(b'exported')] if PY3 else [plain, tagged, b'abc', arrays]


@exhibit
def spellings(zoo):
    """What repr() writes in its own way: quotes, escapes, what is printable, nesting, recursion."""
    character = chr if PY3 else unichr  # noqa: F821
    wide = sys.maxunicode > 0xffff
    places = list(range(0x3200)) + list(range(0x3200, 0xd800, 37)) + list(range(0xe000, 0x10000, 37)) + list(range(0x10000, 0x24000, 37)) * wide
    places += [0xe0001, 0xe0100, 0xf0000, 0x10fffd, 0x10ffff] * wide
    unicode_database = [u''.join(character(c) for c in places[i:i + 60]) for i in range(0, len(places), 60)]
    quotes = [u"it's", u'say "so"', u"it's \"both\"", u'back\\slash', u'\t\n\r\f\v\x7f\x1b', u'\ud800', u'\\ud800',
              u'\udc80\\udc80', u'\u2028\xa0\xad']
    raw = [b"it's", b'say "so"', b"it's \"both\"", b'back\\slash', b'\t\n\r\f\v\0\x7f\x80\xff', u'\xe9\u20ac'.encode('utf-8')]
    itself, mapping, twice = [1], {'a': 1}, ['shared']
    itself.append(itself)
    mapping['self'] = mapping
    around = ([0],)
    around[0].append((around, mapping))
    nested = [(), (1,), ((), ((),)), [], [[]], {}, {(): []}, {'k': {'k': [1, (2, {3: None})]}}, set(), frozenset(), {1}, {'a', 2.5},
              frozenset([(1, b'2')]), {frozenset([1])}, [twice, twice], (True, None, Ellipsis, NotImplemented, -1, 1.0, 1e300, 0.1)]
    numbers = [10, -10 ** 30, 2 ** 31, 2 ** 62, 2 ** 63, 1e16, 1e-5, 123456789.123, float('inf'), -float('inf'), float('nan'), -0.0]
    deep = []
    for _ in range(90):
        deep = [deep]
    kinds = [int, type(None), type, Zoo, object(), [object()], {int: Zoo}]
    ranges = [slice(None), slice(1, 'x', [2])] + ([range(3), range(1, 3), range(1, 30, 4), {'r': range(-1)}] if PY3 else [])
    return [unicode_database, quotes, raw, itself, mapping, around, nested, numbers, deep, kinds, ranges, list(range(200))]


def with_utf8_cached(s):
    import ctypes
    asked = ctypes.pythonapi.PyUnicode_AsUTF8
    asked.restype, asked.argtypes = ctypes.c_char_p, [ctypes.py_object]
    asked(s)
    wide = u'wide character cache \u20ac \U0001f600'
    try:
        wchar = ctypes.pythonapi.PyUnicode_AsUnicode
        wchar.restype, wchar.argtypes = ctypes.c_void_p, [ctypes.py_object]
        wchar(wide)
    except AttributeError:
        pass
    return [s, wide]


# ---- containers ----

@exhibit
def containers(zoo):
    class List(list):
        pass

    class Tuple(tuple):
        pass

    class Dict(dict):
        pass

    class SlottedDict(dict):
        __slots__ = ('a', 'b')

    class Set(set):
        pass

    sub = [List([1, 2, 3]), Tuple((1, 2)), Tuple(), Dict(x=1), Set([1, 2]), SlottedDict(y=2)]
    for i, o in enumerate(sub[:5]):
        o.attribute = 'value %d' % i
    sub[5].a = ['slot']
    loop = []
    loop.append(loop)
    tangle = {}
    tangle['self'] = tangle
    tangle['tuple'] = (tangle, loop)
    holes = dict.fromkeys(range(100))
    for i in range(0, 100, 3):
        del holes[i]
    mixed = {'a': 1, 2: 'b', (3,): [4], None: {}, 1.5: set()}
    named = dict(('key%d' % i, [i]) for i in range(300))
    for i in range(50):
        del named['key%d' % i]
    emptied = dict(a=1)
    emptied.clear()
    shrunk = set(range(1000))
    for i in range(990):
        shrunk.discard(i)
    over = []
    for i in range(1000):
        over.append(i)
    del over[10:]
    return [[], (), {}, set(), frozenset(), [None] * 50, list(range(5000)), tuple(range(1000)), (1,), ((1,), ((2,),)),
            sub, loop, tangle, holes, mixed, named, emptied, shrunk, over, dict.fromkeys(range(5000), ()),
            set(range(5)), set('abcdefghijklmnop'), frozenset(range(100)), frozenset([frozenset([1])]),
            {'one': 1}, dict(zip(range(8), range(8))), {(): ()}, [[[]]], dict(dict.fromkeys('abc'), d=1).copy()]


@exhibit
def instances(zoo):
    class Plain(object):
        def __init__(self, n):
            for i in range(n):
                setattr(self, 'attribute%d' % i, [i])

    class Slots(object):
        __slots__ = ('a', 'b', '__weakref__')

    class MoreSlots(Slots):
        __slots__ = ('c',)

    class Both(Slots):
        pass

    class WithDict(object):
        __slots__ = ('a', '__dict__')

    class Many(object):
        pass

    class Base(object):
        x = property(lambda self: 1, doc='x')

    class Derived(Base, Plain):
        pass

    class Meta(type):
        def __new__(mcs, name, bases, space):
            made = type.__new__(mcs, name, bases, space)
            made.registry = [name]
            return made

    metaclassed = Meta('Metaclassed', (object,), {'y': 2, '__slots__': ('z',)})
    animals = [Plain(n) for n in (0, 1, 5, 29, 30, 31, 60)]
    slots = MoreSlots()
    slots.a, slots.c = 'a', ['c']
    both = Both()
    both.a, both.other = 1, [2]
    with_dict = WithDict()
    with_dict.a, with_dict.free = [1], [2]
    unshared = [Many() for _ in range(8)]
    for i, o in enumerate(unshared):
        for j in range(i):
            setattr(o, 'own_%d_%d' % (i, j), j)
    materialized = Plain(4)
    zoo.animals.append(('instance dict', materialized.__dict__))
    deleted = Plain(6)
    del deleted.attribute2
    replaced = Plain(3)
    replaced.__dict__ = {'fresh': [1]}
    odd = Plain(2)
    odd.__dict__[1] = 'no string'
    reclassed = Base()
    reclassed.__class__ = Derived
    partly = Slots()
    derived = Derived(3)
    if not PY3:
        exec('class Old: pass\nold = Old()\nold.x = [1]', globals().setdefault('_old', {}))
        animals.append(_old)  # noqa
    return [animals, slots, both, with_dict, unshared, materialized, deleted, replaced, odd, reclassed, partly, derived,
            metaclassed, metaclassed(), Meta, object(), type('Late', (Plain,), {'z': 1})(2)]


@exhibit
def collections_types(zoo):
    import collections
    from collections import deque, defaultdict, OrderedDict, namedtuple, Counter
    add = zoo.add

    class Deque(deque):
        pass

    class Ordered(OrderedDict):
        pass

    class OrderedSlots(OrderedDict):
        __slots__ = ('extra',)

    for n in (0, 1, 63, 64, 65, 300, 1000):
        add('deque %d' % n, lambda: deque(['item %d' % i for i in range(n)]))
        add('deque left %d' % n, lambda: [d for d in [deque()] if not [d.appendleft((i,)) for i in range(n)].clear()][0])
    add('deque bounded', lambda: deque(range(100), 10))
    ring = deque(range(500))
    for i in range(400):
        ring.append(ring.popleft())
    ring.rotate(33)
    spent = deque(range(5000))
    for _ in range(4990):
        spent.pop()
    sub = Deque([1, 2, [3]])
    sub.name = 'deque with attributes'
    recursive = deque()
    recursive.append(recursive)
    zoo.animals += [('deques', [ring, spent, sub, recursive]), ('deque iterators', [
        iter(ring), advance(iter(ring), 70), advance(reversed(ring)), exhaust(iter(deque([1])))])]
    od = OrderedDict((('k%d' % i), [i]) for i in range(100))
    for i in range(0, 100, 2):
        del od['k%d' % i]
    od.move_to_end('k1') if PY3 else None
    ordered = Ordered(a=1)
    ordered.attribute = [1]
    plain = OrderedDict()
    plain.attribute = 'on an OrderedDict'
    slotted = OrderedSlots(b=2)
    slotted.extra = []
    keys = [od.keys(), od.values(), od.items()]
    add('OrderedDicts', lambda: [od, ordered, plain, slotted, OrderedDict(), od.copy(), keys, [iter(k) for k in keys],
                                 [advance(iter(k)) for k in keys], [exhaust(iter(k)) for k in keys],
                                 advance(reversed(od)), [iter(OrderedDict().items())]])
    dd = defaultdict(list)
    dd['a'].append(1)
    Point = namedtuple('Point', 'x y z')
    add('defaultdicts', lambda: [dd, defaultdict(), defaultdict(lambda: dd, b=2)])
    add('namedtuples', lambda: [Point(1, [2], 'z'), Point, Point.x])
    add('Counter', lambda: Counter('mississippi'))
    add('ChainMap', lambda: collections.ChainMap({'a': 1}, {'b': [2]}))
    add('User*', lambda: [collections.UserDict(a=1), collections.UserList([1, 2]), collections.UserString('abc')])
    return dd


@exhibit
def iterators(zoo):
    d = dict.fromkeys('abcdef', [1])
    values = [[1, 2, 3, 4], (1, 2, 3, 4), 'text four', u'wide \u20ac', b'bytes', bytearray(b'array'), d, {1, 2, 3},
              frozenset([1, 2, 3]), range(10), enumerate([1, 2, 3, 4]), zip([1, 2, 3], 'abc'), map(str, [1, 2, 3])]
    if PY3:
        values += [d.keys(), d.values(), d.items(), range(10 ** 30, 10 ** 30 + 10), memoryview(b'abcdef')]
    for v in values:
        zoo.add('iterator of ' + type(v).__name__, lambda: [v, iter(v), advance(iter(v), 1)])
    for v in ([1], (1,), 'x', u'\u20ac', b'x', bytearray(b'x'), {1: 2}, {1}, range(1)):
        zoo.add('exhausted ' + type(v).__name__, lambda: exhaust(iter(v)))
    for v in ([1, 2], (1, 2), 'abc', d, range(5)) + ((d.keys(), d.values(), d.items()) if PY3 else ()):
        zoo.add('reversed ' + type(v).__name__, lambda: [reversed(v), advance(reversed(v), 1)])

    class Sequence(object):
        def __len__(self):
            return 5

        def __getitem__(self, i):
            if i > 4:
                raise IndexError(i)
            return [i]

    class Callable(object):
        n = 0

        def __call__(self):
            self.n += 1
            return self.n

    big = enumerate(['a', 'b', 'c'], 2 ** 62) if PY3 else None
    return [advance(iter(Sequence())), advance(iter(Callable(), 99)), advance(reversed(Sequence())),
            exhaust(iter(Callable(), 3)), advance(filter(None, iter([0, 1, 2]))) if PY3 else None,
            enumerate('abc', 10 ** 30), advance(enumerate('abc', 10 ** 30)), advance(big) if big else None,
            zip(), map(lambda a, b: a, [1], [2]), zip([1], [2], [3]), xrange(5) if not PY3 else range(5),  # noqa
            range(0), range(10 ** 20), range(0, -10 ** 30, -10 ** 25), slice(None), slice(1, [2], 'three')]


@exhibit
def itertools_types(zoo):
    from zoo_kit import HAZARDS
    import itertools
    import operator
    add = zoo.add
    recipes = {
        'accumulate': lambda: itertools.accumulate([[1], [2], [3], [4]], operator.add, initial=[0]),
        'chain': lambda: itertools.chain([1, 2], (3, 4), 'abc'),
        'chain.from_iterable': lambda: itertools.chain.from_iterable([[1, 2, 3], [4]]),
        'combinations': lambda: itertools.combinations('abcde', 3),
        'combinations_with_replacement': lambda: itertools.combinations_with_replacement('abcde', 3),
        'compress': lambda: itertools.compress('abcdef', [1, 0, 1, 1, 1]),
        'count': lambda: itertools.count(5),
        'count big': lambda: itertools.count(10 ** 30, 10 ** 20),
        'count float': lambda: itertools.count(0.5, 0.25),
        'cycle': lambda: itertools.cycle('abc'),
        'dropwhile': lambda: itertools.dropwhile(lambda x: x < 2, range(9)),
        'filterfalse': lambda: itertools.filterfalse(None, [0, 1, 0, 0, 2]),
        'groupby': lambda: itertools.groupby([1, 1, 2, 2, 3], key=lambda x: [x]),
        'islice': lambda: itertools.islice(iter('abcdefgh'), 1, 7, 2),
        'pairwise': lambda: itertools.pairwise([[1], [2], [3], [4]]),
        'batched': lambda: itertools.batched('abcdefg', 2),
        'permutations': lambda: itertools.permutations('abcd', 3),
        'product': lambda: itertools.product('abc', [[1], [2]], repeat=2),
        'repeat': lambda: itertools.repeat(['again'], 5),
        'starmap': lambda: itertools.starmap(pow, [(1, 2), (3, 4), (5, 6)]),
        'takewhile': lambda: itertools.takewhile(lambda x: x < 5, range(9)),
        'tee': lambda: itertools.tee(iter([[1], [2], [3], [4]]))[0],
        'zip_longest': lambda: itertools.zip_longest('abc', [1, 2, 3, 4], fillvalue=['fill']),
    }
    for name, make in sorted(recipes.items()):
        add(name, lambda: [make(), advance(make(), 1), advance(make(), 2)])
        # An exhausted iterator of zip_longest leaves NULL in a tuple that the collector shows.
        if name not in ('count', 'count big', 'count float', 'cycle') and (HAZARDS or name != 'zip_longest'):
            add(name + ' exhausted', lambda: exhaust(make()))
    cycled = itertools.cycle([[1], [2], [3]])
    advance(cycled, 5)
    groups = itertools.groupby('aabbcc')
    grouper = advance(next(groups)[1], 1)
    a, b = itertools.tee(iter(range(300)))
    advance(a, 200)
    advance(b, 10)
    return [cycled, groups, grouper, next(groups), a, b, a.__copy__(), itertools.permutations('abc', 5),
            itertools.combinations('ab', 3), itertools.product()]
