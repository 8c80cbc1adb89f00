"""The process under test: builds a heap, forks, and writes down what it knows of itself.

    subject.py HEAP RECORD PAUSE_LIBRARY

The child stands still in exu_oracle_pause and is what gets dumped. The parent's memory is the same; it describes
itself into RECORD (marshal), prints the child's pid, waits for a line on stdin and kills the child. What this
interpreter can't say of itself is named in the record's 'unasked', with the reason.

Runs on 2.7 and on 3.6 and later.
"""
from __future__ import print_function, unicode_literals

import ctypes
import gc
import marshal
import os
import signal
import sys
import threading
import types
import weakref

if getattr(sys.flags, 'isolated', 0):
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import finalizers
import heaps

PY2 = sys.version_info[0] == 2
HEAPTYPE = 1 << 9
DESCRIPTORS = (type(str.join), types.MemberDescriptorType, types.GetSetDescriptorType, type(object.__init__),
               type(dict.__dict__['fromkeys']))
GENERATORS = {getattr(types, name): prefix for name, prefix in (
    ('GeneratorType', 'gi'), ('CoroutineType', 'cr'), ('AsyncGeneratorType', 'ag')) if hasattr(types, name)}
WEAKREFS = weakref.ReferenceType
SLOT = type(object.__init__)
if sys.version_info[:2] == (3, 11):
    import opcode
    RETURN_GENERATOR = opcode.opmap['RETURN_GENERATOR']
CELL = type((lambda x: lambda: x)(1).__closure__[0])
INSTANCE = getattr(types, 'InstanceType', None)  # of 2.7's old classes
RANGES = (slice,) if PY2 else (slice, range)
INTEGERS = (int, long) if PY2 else int  # noqa: F821
get_ident = threading._get_ident if PY2 else threading.get_ident
# The collector's header in front of an object, and what a build with trace refs puts at the object's beginning.
HEAD = sys.getsizeof([]) - [].__sizeof__()
LINKS = 16 if hasattr(sys, 'getobjects') else 0
CODE_PARTS = ['co_consts', 'co_names', 'co_filename', 'co_name']  # attributes that are fields, not made when asked for
if sys.version_info < (3, 11):
    CODE_PARTS += ['co_code', 'co_varnames', 'co_freevars', 'co_cellvars']
    CODE_PARTS += ['co_lnotab' if sys.version_info < (3, 10) else 'co_linetable']
else:
    CODE_PARTS += ['co_qualname', 'co_linetable', 'co_exceptiontable']


def text(value):
    """A name as a str of the 3.x that reads the record."""
    return value.decode('utf-8', 'replace') if PY2 and isinstance(value, bytes) else value


text(b'')  # an isolated 2.7 imports the codec on first use: now, and not after the fork


def qualname_of(kind):
    return text(type.__dict__['__name__' if PY2 else '__qualname__'].__get__(kind))


def snapshot(fork, describe, target, print_pools):
    sentinel = []  # the last tracked object before the fork: all behind it in generation 0 is younger
    print_pools()
    return describe(fork(), sentinel, target)  # the child has no pid: no local for it


def own_referents(o, kind):
    """Objects that `o` holds but that its tp_traverse does not visit; only such as exist already."""
    if issubclass(kind, dict):
        return list(dict.keys(o))
    if kind is types.CodeType:
        return [getattr(o, name) for name in CODE_PARTS]
    if issubclass(kind, type):
        if o.__flags__ & HEAPTYPE:
            # No comprehension: its code would be called its 1024th time after the fork and grow (3.8 to 3.10: opcache).
            found = [type.__dict__['__name__'].__get__(o)]
            if not PY2:
                found.append(type.__dict__['__qualname__'].__get__(o))
            return found
        found = gc.get_referents(type.__dict__['__dict__'].__get__(o))  # the dict behind the mappingproxy
        return found + [o.__mro__, o.__bases__]
    if kind in RANGES:
        return [o.start, o.stop, o.step]
    if kind in DESCRIPTORS:
        return [o.__name__]
    if kind in GENERATORS:
        return [o.__name__] if PY2 else [o.__name__, o.__qualname__]
    if issubclass(kind, WEAKREFS):
        target = WEAKREFS.__call__(o)
        return [] if target is None else [target]
    return []


def attempt(function, *args):
    """What the function returns, None when it fails. 2.7 shows a caught exception as sys.exc_value until the catching
    frame ends: it must not be the asker's."""
    try:
        return function(*args)
    except Exception:
        return None


def close_over(queue, seen, generation_of, objects):
    """Describes each object of `queue` and appends to it what they lead to."""
    for o in queue:
        address = id(o)
        if address in seen:
            continue
        seen.add(address)
        generation = generation_of.get(address)
        kind = type(o)
        size = attempt(sys.getsizeof, o)  # before anything of it is held here: what is shared may not count
        referents = gc.get_referents(o)
        ids = [id(r) for r in referents]
        objects.append((address, id(kind), size, generation, ids))
        queue.extend(r for r in referents if id(r) not in seen)
        referents = own_referents(o, kind)
        queue.extend(r for r in referents if id(r) not in seen)
        if id(kind) not in seen:
            queue.append(kind)


def variables(frame):
    if not frame.f_code.co_flags & 1:
        return None
    return {text(name): id(value) for name, value in frame.f_locals.items()}


def frame_record(frame):
    code = frame.f_code
    return {'id': id(frame), 'function': text(code.co_name), 'qualname': getattr(code, 'co_qualname', None),
            'filename': text(code.co_filename), 'line': frame.f_lineno, 'locals': variables(frame)}


def stack_of(frame):
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return frames


def plain_value(o):
    kind = type(o)
    if kind is bool:
        return ('bool', 'True' if o else 'False')
    if issubclass(kind, INTEGERS):
        return ('int', text(int.__repr__(o)) if issubclass(kind, int) else text(o.__repr__()[:-1]))
    if issubclass(kind, float):
        return ('float', text(float.__repr__(o)))
    if issubclass(kind, bytes):
        return ('bytes', bytearray(o))  # marshal writes 2.7's interned str as text, but no bytearray
    if issubclass(kind, type('')):
        return ('str', o[:])
    return None


LEAVES = (type(None), bool, int, float, bytes, type(''), type(Ellipsis), type(NotImplemented), type) + (
    (long,) if PY2 else ())  # noqa: F821
REPR_MOST = 200


def printed_parts(o, kind):
    """What of it repr() prints; None: not that of a plain value."""
    if kind in LEAVES:
        plain = len(o) <= 250 if kind in (bytes, type('')) else abs(o) < 1 << 1000 if kind in INTEGER_TYPES else True
        return () if plain else None
    if kind is dict and 'Py_Repr' in o:
        return None  # a thread's own: in it stands what is being printed
    if kind is dict:
        return [part for pair in list(o.items()) for part in pair] if len(o) <= REPR_MOST else None
    if kind in (list, tuple, set, frozenset):
        return list(o) if len(o) <= REPR_MOST else None
    if kind in RANGES:
        return [o.start, o.stop, o.step]
    if INSTANCE is not None and (kind is INSTANCE or kind is type(INSTANCE)):
        return None
    for cls in type.__dict__['__mro__'].__get__(kind):
        members = type.__dict__['__dict__'].__get__(cls) if isinstance(cls, type) else ()
        if '__repr__' in members:
            return () if cls is object else None
    return None


INTEGER_TYPES = (int, long) if PY2 else (int,)  # noqa: F821


def printed_value(o):
    """Its repr() and whether that is all of it, when all in it is plain."""
    stack, seen = [o], set()
    while stack:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        parts = printed_parts(part, type(part))
        if parts is None or len(seen) > REPR_MOST:
            return None
        stack.extend(parts)
    said = '[]' if type(o) is list and not o else attempt(repr, o)  # the list in Py_Repr prints itself as [[...]]
    return said and (text(said[:REPR_MOST]), len(said) <= REPR_MOST)


def slots_of(o, kind):
    found = {}
    for cls in reversed(type.__dict__['__mro__'].__get__(kind)):
        if not isinstance(cls, type) or not cls.__flags__ & HEAPTYPE:
            continue
        members = type.__dict__['__dict__'].__get__(cls)
        if '__slots__' not in members:
            continue
        for name, descriptor in members.items():
            if type(descriptor) is types.MemberDescriptorType:
                address = attempt(lambda: id(descriptor.__get__(o)))
                if address is not None:
                    found[text(name)] = address
    return found


def del_of(o, kind):
    """What __del__ is, where it is no method of a C type."""
    if kind is INSTANCE:
        found = attempt(getattr, o, '__del__')
        return getattr(found, '__func__', found)
    for cls in type.__dict__['__mro__'].__get__(kind):
        members = type.__dict__['__dict__'].__get__(cls) if isinstance(cls, type) else cls.__dict__
        if '__del__' in members:
            return None if type(members['__del__']) is SLOT else members['__del__']
    return None


def has_not_begun(o, prefix, frame):
    """A generator that stands before its first line."""
    if sys.version_info < (3, 11):
        return frame.f_lasti == -1
    if hasattr(o, prefix + '_suspended'):
        return not getattr(o, prefix + '_suspended')
    return frame.f_lasti <= 2 * frame.f_code.co_code[::2].index(RETURN_GENERATOR)  # 3.11's ag_


def details(queue, record):
    """Second pass: questions whose answers change the objects that are asked (an instance asked for its __dict__
    gets one, a generator asked for its frame gets a frame object)."""
    for name in ('values', 'reprs', 'items', 'attributes', 'slots', 'cells', 'weak', 'exceptions', 'tracebacks',
                 'generators', 'generator_frames', 'frames', 'dicts', 'methods_del', 'callbacks'):
        record[name] = {}
    record['idle'] = []
    record['finalized_before'] = [id(o) for o in queue if gc.is_tracked(o) and is_finalized(o)]
    seen = set()
    for o in queue:
        address, kind = id(o), type(o)
        if address in seen:
            continue
        seen.add(address)
        value = plain_value(o)
        if value is not None:
            record['values'][address] = value
        said = printed_value(o)
        if said:
            record['reprs'][address] = said
        if kind is list or kind is tuple or kind is record['deque']:
            record['items'][address] = [id(i) for i in o]
        elif kind is set or kind is frozenset:
            record['items'][address] = [id(i) for i in o]
        elif kind is dict:
            # The dict of interned strings (an object like others from 3.12 on) loses what dies while we ask.
            if len(o) < 1000 or not all(k is v for k, v in o.items()):
                record['dicts'][address] = ([id(k) for k in o], [id(v) for v in o.values()])
        elif kind is CELL:
            record['cells'][address] = attempt(lambda: id(o.cell_contents))
        elif issubclass(kind, WEAKREFS):
            target = WEAKREFS.__call__(o)
            record['weak'][address] = None if target is None else id(target)
            if not PY2 and WEAKREFS.__callback__.__get__(o) is not None:
                record['callbacks'][address] = record['weak'][address]
        elif issubclass(kind, BaseException):
            args = BaseException.args.__get__(o)
            record['exceptions'][address] = (
                id(kind), [id(a) for a in args], id_or_none(getattr(o, '__traceback__', None)),
                id_or_none(getattr(o, '__context__', None)), id_or_none(getattr(o, '__cause__', None)),
                text(args[0]) if args and type(args[0]) is str else None)
        elif kind is types.TracebackType:
            record['tracebacks'][address] = (o.tb_lineno, frame_record(o.tb_frame), id_or_none(o.tb_next))
        elif kind is types.FrameType:
            record['frames'][address] = frame_record(o)
        elif kind in GENERATORS:
            prefix = GENERATORS[kind]
            frame = getattr(o, prefix + '_frame')
            running = getattr(o, prefix + '_running')
            if frame is None or prefix != 'cr' and has_not_begun(o, prefix, frame):
                record['idle'].append(address)
            if frame is not None:
                record['generator_frames'][id(frame)] = address
            if frame is not None and not running:
                record['generators'][address] = ('coroutine' if prefix == 'cr' else 'generator', frame_record(frame))
        if kind.__flags__ & HEAPTYPE or kind is INSTANCE:
            method = del_of(o, kind)
            if method is not None:
                record['methods_del'][address] = id(method)
        if kind.__flags__ & HEAPTYPE and not issubclass(kind, type) or kind is INSTANCE:
            attributes = o.__dict__ if kind is INSTANCE else attempt(object.__getattribute__, o, '__dict__')
            if type(attributes) is dict and all(type(k) in (str, type('')) for k in attributes):
                record['attributes'][address] = {text(k): id(v) for k, v in attributes.items()}
            found = slots_of(o, kind)
            if found:
                record['slots'][address] = found


def id_or_none(o):
    return None if o is None else id(o)


def pools_of(path):
    """Size of block -> pools, used and free blocks, as sys._debugmallocstats prints them."""
    found = {}
    with open(path) as file:
        for line in file:
            words = line.split()
            if len(words) == 5 and all(word.isdigit() for word in words):
                found[int(words[1])] = [int(word) for word in words[2:]]
    return found


def malloc_totals(path):
    """{'fast': (chunks, bytes), 'rest': ..., 'mmap': ...} of all heaps, as malloc_info(3) prints them at the end."""
    found = {}
    with open(path) as file:
        for line in file.read().rpartition('</heap>')[2].splitlines():
            words = line.split('"')
            if line.startswith('<total type='):
                found[words[1]] = (int(words[3]), int(words[5]))
    return found


def malloc_arenas(path):
    """The same arena by arena, in order: each with its lines (kind, from, to, total, count)."""
    found = []
    with open(path) as file:
        for text in file.read().split('</heap>')[:-1]:
            arena = {'lines': []}
            for line in text.splitlines():
                words = line.strip().split('"')
                if words[0] in ('<size from=', '<unsorted from='):
                    arena['lines'].append([words[0][1:-6]] + [int(word) for word in words[1:8:2]])
                elif words[0] == '<total type=':
                    arena[words[1]] = (int(words[3]), int(words[5]))
                elif words[0] == '<system type=':
                    arena[words[1]] = int(words[3])
                elif words[0] == '<aspace type=' and words[1] != 'mprotect':
                    arena['aspace' if words[1] == 'total' else words[1]] = int(words[3])
            found.append(arena)
    return found


def generations_by_links(sentinel):
    """Before 3.8 gc.get_objects lists one generation after the other and does not say where each begins: where two
    neighbours of the list are none in the ring. The three heads, of which a generation's first object has the
    address, are an array."""
    tracked = gc.get_objects()

    def word(address):
        return ctypes.c_ulong.from_address(address).value

    starts = [0] + [n for n in range(1, len(tracked)) if word(id(tracked[n - 1]) - HEAD) != id(tracked[n]) - HEAD]
    heads = [word(id(tracked[start]) - HEAD + 8) for start in starts]
    strides = (HEAD + 8, HEAD + 16 & ~15)  # struct gc_generation: the head and two ints; the alignment varies
    generations = [[], [], []]
    for start, end, head in zip(starts, starts[1:] + [len(tracked)], heads):
        number, = [n for n in range(3) if head - heads[0] in (n * strides[0], n * strides[1])]
        generations[number] = tracked[start:end]
    return generations


def unasked():
    """Measure -> why this interpreter can't be asked."""
    found = {}
    if not hasattr(sys, '_debugmallocstats'):
        found['obmalloc by size'] = 'no sys._debugmallocstats'
    if not hasattr(unasked.__code__, 'co_qualname'):
        found['qualnames'] = 'no co_qualname'
    if not hasattr(threading.current_thread(), 'native_id'):
        found['native ids'] = 'no Thread.native_id'
    return found


def is_finalized(o):
    """Whether its tp_finalize was called; before 3.9 nobody says so but the head itself (objimpl.h, pycore_gc.h)."""
    if hasattr(gc, 'is_finalized'):
        return gc.is_finalized(o)
    return not PY2 and bool(ctypes.c_ulong.from_address(id(o) - HEAD + (8 if HEAD == 16 else 16)).value & 1)


def printed(path):
    """{'collectable': addresses, 'uncollectable': ...}"""
    found = {}
    for name in ('collectable', 'uncollectable'):
        with open(path) as file:
            words = [line.rstrip('>\n').rpartition(' ')[2] for line in file if line.startswith('gc: %s ' % name)]
        found[name] = [int(word, 16) for word in words if word.startswith('0x')]
    return found


def collect(path, flags):
    """What a collection says that it finds."""
    before, sys.stderr = sys.stderr, open(path, 'w')
    gc.set_debug(flags | gc.DEBUG_COLLECTABLE | gc.DEBUG_UNCOLLECTABLE |
                 getattr(gc, 'DEBUG_OBJECTS', 0) | getattr(gc, 'DEBUG_INSTANCES', 0))
    gc.collect()
    gc.set_debug(0)
    sys.stderr.close()
    sys.stderr = before
    return printed(path)


def clean_up(path, record):
    """What is unreachable, and what runs when it goes. Whoever asks must hold none of it."""
    saved = len(gc.garbage)
    if PY2:
        # It calls no finalizer of what is uncollectable, and prints that when the rest is gone: what went with the rest
        # is seen only where nothing goes.
        pid = ctypes.PyDLL(None).fork() # os.fork tidies up, and makes garbage
        if not pid:
            collect(path, gc.DEBUG_SAVEALL)
            os._exit(0)
        os.waitpid(pid, 0)
        found = printed(path)
        record['unreachable'] = found['collectable'] + found['uncollectable']
        record['uncollectable'] = collect(path, 0)['uncollectable']
        record['garbage_after'] = record['finalized'] = [id(o) for o in gc.garbage[saved:]]
    else:
        # It prints that before finalizers and callbacks have their say (gcmodule.c, debug_cycle). All is kept after
        # them, and goes the second time.
        found = collect(path, gc.DEBUG_SAVEALL)
        record['unreachable'] = found['collectable'] + found['uncollectable']
        record['uncollectable'] = found['uncollectable']
        record['garbage_after'] = [id(o) for o in gc.garbage[saved:]]
        record['finalized'] = [id(o) for o in gc.garbage[saved:] if is_finalized(o)]
        del gc.garbage[saved:]
        gc.collect()
    record['ran'] = list(finalizers.RAN)
    record['called'] = list(finalizers.CALLED)


def describe(pid, sentinel, target):
    record = knowledge(pid, sentinel, target)
    clean_up(target['record'] + '.garbage', record)
    with open(target['record'], 'wb') as file:
        file.write(marshal.dumps(record))
    os.write(1, b'%d\n' % pid)
    os.read(0, 1)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return 0


def knowledge(pid, sentinel, target):
    counts = gc.get_count()
    os.dup2(target['stderr'], 2)
    if sys.version_info < (3, 8):
        generations = generations_by_links(sentinel)
    else:
        generations = [gc.get_objects(generation=g) for g in range(3)]
    youngest = generations[0]
    for position, o in enumerate(youngest):
        if o is sentinel:
            del youngest[position + 1:]
            break
    generation_of = {}
    for g, members in enumerate(generations):
        for o in members:
            generation_of[id(o)] = g
    record = {'pid': pid, 'version': text(sys.version), 'executable': text(sys.executable), 'heap': text(target['heap']),
              'gc': {'count': counts, 'threshold': gc.get_threshold(),
                     'frozen': gc.get_freeze_count() if hasattr(gc, 'get_freeze_count') else 0,
                     'objects': [len(members) for members in generations]},
              'pools': {}, 'head': HEAD, 'links': LINKS, 'hexversion': sys.hexversion, 'unasked': unasked()}
    deque = sys.modules.get('collections')
    record['deque'] = deque.deque if deque else None
    objects, seen = [], set()
    queue = []
    for members in generations:
        queue.extend(members)
    close_over(queue, seen, generation_of, objects)

    # The stacks. Our own frame and the next one are younger than the fork.
    own = get_ident()
    threads, values = [], []
    for ident, top in sys._current_frames().items():
        frames = stack_of(top)
        if ident == own:
            while frames[0].f_code is not snapshot.__code__:
                del frames[0]
        described = []
        for frame in frames:
            facts = frame_record(frame)
            names = frame.f_locals if frame.f_code.co_flags & 1 else {}
            facts.pop('id')
            values.extend(names.values())
            values.append(frame.f_code)
            described.append(facts)
        threads.append({'ident': ident, 'frames': described, 'main': ident == own})
    names = {t.ident: t for t in threading.enumerate()}
    for thread in threads:
        known = names.get(thread['ident'])
        thread['name'] = text(known.name) if known else None
        thread['native_id'] = getattr(known, 'native_id', None)
    record['threads'] = threads
    close_over(values, seen, generation_of, objects)
    queue.extend(values)
    details(queue, record)
    del record['deque']
    record['objects'] = objects
    kinds = {}
    for o in queue:
        kind = type(o)
        if id(kind) not in kinds:
            module = getattr(kind, '__module__', None)
            kinds[id(kind)] = (text(module) if isinstance(module, str) else type(module).__name__, qualname_of(kind))
    record['types'] = kinds
    record['modules'] = {text(name): id(module) for name, module in sys.modules.items()}
    record['freed'] = [(address, text(name)) for name, addresses in heaps.FREED.items() for address in addresses]
    record['garbage'] = list(heaps.GARBAGE)
    record['callback'] = id(finalizers.called)
    record['sentinel'] = id(sentinel)
    record['pools'] = pools_of(target['record'] + '.pools')
    record['malloc'] = malloc_totals(target['record'] + '.malloc')
    record['taken'], record['returned'] = list(heaps.TAKEN), list(heaps.RETURNED)
    record['arenas'] = malloc_arenas(target['record'] + '.malloc')
    return record


def make_ready():
    """Some static types (in 2.7 most) are made ready by the first who asks for the size of an instance or for its
    attributes (Python/sysmodule.c): ask now, not after the fork."""
    repr([0])  # from now on the thread's dict has Py_Repr, the list of what is being printed
    if sys.version_info < (3, 12):
        attempt(None)  # 2.7: from now on sys.exc_type exists
        if PY2 and 'collections' in sys.modules:  # a namedtuple's __dict__ makes one, which asks whether a list is a Mapping
            sys.modules['collections'].OrderedDict([])
        close_over(gc.get_objects(), set(), {}, [])


def main():
    open(os.devnull, 'w').close()  # may import what tells the locale's encoding, and read the folder anew for it
    heap, record, library = sys.argv[1:4]
    if heap not in heaps.HEAPS:
        print('SKIP this interpreter has no heap %s' % heap)
        return
    paused = ctypes.PyDLL(library)
    paused.exu_oracle_malloc_info((record + '.malloc').encode('utf-8'))
    fork = paused.exu_oracle_pause
    fork.restype = ctypes.c_int
    gc.disable()
    if hasattr(sys, 'set_int_max_str_digits'):
        sys.set_int_max_str_digits(0)  # for details(); from 3.14 on it makes a new sys.flags
    target = {'heap': heap, 'record': record, 'stderr': os.dup(2)}

    printed = os.open(record + '.pools', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def stand_still():
        make_ready()
        os.dup2(printed, 2)  # sys._debugmallocstats writes there
        return snapshot(fork, describe, target, getattr(sys, '_debugmallocstats', int))

    make_ready()  # what this makes for good must not come to where the heap has freed something
    # The first file of text imports what says its encoding (3.9: _bootlocale), and the importer lists our folder anew.
    open(os.devnull).close()
    heaps.HEAPS[heap](stand_still)
    sys.stdout.flush()
    os._exit(0)  # the threads of the heap are blocked for good


if __name__ == '__main__':
    main()
