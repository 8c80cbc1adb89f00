"""The process under test: builds a heap, forks, and writes down what it knows of itself.

    subject.py HEAP RECORD PAUSE_LIBRARY

The child stands still in exu_oracle_pause and is what gets dumped. The parent's memory is the same; it describes
itself into RECORD (marshal), prints the child's pid, waits for a line on stdin and kills the child.
"""
import ctypes
import gc
import marshal
import os
import signal
import sys
import threading
import types
import weakref

if sys.flags.isolated:
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import heaps

HEAPTYPE = 1 << 9
DESCRIPTORS = (types.MethodDescriptorType, types.MemberDescriptorType, types.GetSetDescriptorType,
               types.WrapperDescriptorType, types.ClassMethodDescriptorType)
GENERATORS = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)
WEAKREFS = weakref.ReferenceType


def snapshot(fork, describe, target, print_pools):
    sentinel = []  # the last tracked object before the fork: all behind it in generation 0 is younger
    print_pools()
    pid = fork()
    return describe(pid, sentinel, target)


PAUSE_LINE = snapshot.__code__.co_firstlineno + 3


def own_referents(o, kind):
    """Objects that `o` holds but that its tp_traverse does not visit; only such as exist already."""
    if issubclass(kind, dict):
        return list(dict.keys(o))
    if kind is types.CodeType:
        return [o.co_consts, o.co_names, o.co_filename, o.co_name, o.co_qualname, o.co_linetable,
                o.co_exceptiontable]
    if issubclass(kind, type):
        if o.__flags__ & HEAPTYPE:
            return [type.__dict__['__name__'].__get__(o), type.__dict__['__qualname__'].__get__(o)]
        found = gc.get_referents(type.__dict__['__dict__'].__get__(o))  # the dict behind the mappingproxy
        return found + [o.__mro__, o.__bases__]
    if kind is range:
        return [o.start, o.stop, o.step]
    if kind in DESCRIPTORS:
        return [o.__name__]
    if kind in GENERATORS:
        return [o.__name__, o.__qualname__]
    if issubclass(kind, WEAKREFS):
        target = WEAKREFS.__call__(o)
        return [] if target is None else [target]
    return []


def close_over(queue, seen, generation_of, objects):
    """Describes each object of `queue` and appends to it what they lead to."""
    for o in queue:
        address = id(o)
        if address in seen:
            continue
        seen.add(address)
        generation = generation_of.get(address)
        kind = type(o)
        referents = gc.get_referents(o)
        ids = [id(r) for r in referents]
        try:
            size = sys.getsizeof(o)
        except Exception:
            size = None
        objects.append((address, id(kind), size, generation, ids))
        queue.extend(r for r in referents if id(r) not in seen)
        referents = own_referents(o, kind)
        queue.extend(r for r in referents if id(r) not in seen)
        if id(kind) not in seen:
            queue.append(kind)


def variables(frame):
    return {name: id(value) for name, value in frame.f_locals.items()} if frame.f_code.co_flags & 1 else None


def frame_record(frame):
    code = frame.f_code
    return {'id': id(frame), 'function': code.co_name, 'qualname': code.co_qualname, 'filename': code.co_filename,
            'line': frame.f_lineno, 'locals': variables(frame)}


def stack_of(frame):
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return frames


def plain_value(o):
    kind = type(o)
    if kind is bool:
        return ('bool', str(o))
    if issubclass(kind, int):
        return ('int', int.__repr__(o))
    if issubclass(kind, float):
        return ('float', float.__repr__(o))
    if issubclass(kind, str):
        return ('str', str.__str__(o))
    if issubclass(kind, bytes):
        return ('bytes', b''.join([o]))
    return None


def slots_of(o, kind):
    found = {}
    for cls in reversed(type.__dict__['__mro__'].__get__(kind)):
        if not cls.__flags__ & HEAPTYPE:
            continue
        members = type.__dict__['__dict__'].__get__(cls)
        if '__slots__' not in members:
            continue
        for name, descriptor in members.items():
            if type(descriptor) is types.MemberDescriptorType:
                try:
                    found[name] = id(descriptor.__get__(o))
                except AttributeError:
                    pass
    return found


def details(queue, record):
    """Second pass: questions whose answers change the objects that are asked (an instance asked for its __dict__
    gets one, a generator asked for its frame gets a frame object)."""
    for name in ('values', 'items', 'attributes', 'slots', 'cells', 'weak', 'exceptions', 'tracebacks',
                 'generators', 'frames', 'dicts'):
        record[name] = {}
    seen = set()
    for o in queue:
        address, kind = id(o), type(o)
        if address in seen:
            continue
        seen.add(address)
        value = plain_value(o)
        if value is not None:
            record['values'][address] = value
        if kind is list or kind is tuple or kind is record['deque']:
            record['items'][address] = [id(i) for i in o]
        elif kind is set or kind is frozenset:
            record['items'][address] = [id(i) for i in o]
        elif kind is dict:
            record['dicts'][address] = ([id(k) for k in o], [id(v) for v in o.values()])
        elif kind is types.CellType:
            try:
                record['cells'][address] = id(o.cell_contents)
            except ValueError:
                record['cells'][address] = None
        elif issubclass(kind, WEAKREFS):
            target = WEAKREFS.__call__(o)
            record['weak'][address] = None if target is None else id(target)
        elif issubclass(kind, BaseException):
            args = BaseException.args.__get__(o)
            record['exceptions'][address] = (
                id(kind), [id(a) for a in args], id_or_none(o.__traceback__), id_or_none(o.__context__),
                id_or_none(o.__cause__), args[0] if args and type(args[0]) is str else None)
        elif kind is types.TracebackType:
            record['tracebacks'][address] = (o.tb_lineno, frame_record(o.tb_frame), id_or_none(o.tb_next))
        elif kind is types.FrameType:
            record['frames'][address] = frame_record(o)
        elif kind in GENERATORS:
            prefix = {types.GeneratorType: 'gi', types.CoroutineType: 'cr', types.AsyncGeneratorType: 'ag'}[kind]
            frame = getattr(o, prefix + '_frame')
            running = getattr(o, prefix + '_running')
            if frame is not None and not running:
                record['generators'][address] = ('coroutine' if prefix == 'cr' else 'generator', frame_record(frame))
        if kind.__flags__ & HEAPTYPE and not issubclass(kind, type):
            try:
                attributes = object.__getattribute__(o, '__dict__')
            except AttributeError:
                attributes = None
            if type(attributes) is dict and all(type(k) is str for k in attributes):
                record['attributes'][address] = {k: id(v) for k, v in attributes.items()}
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


def describe(pid, sentinel, target):
    counts = gc.get_count()
    os.dup2(target['stderr'], 2)
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
    record = {'pid': pid, 'version': sys.version, 'executable': sys.executable, 'heap': target['heap'],
              'gc': {'count': counts, 'threshold': gc.get_threshold(), 'frozen': gc.get_freeze_count(),
                     'objects': [len(members) for members in generations]},
              'pools': {}}
    deque = sys.modules.get('collections')
    record['deque'] = deque.deque if deque else None
    objects, seen = [], set()
    queue = []
    for members in generations:
        queue.extend(members)
    close_over(queue, seen, generation_of, objects)

    # The stacks. Our own frame and the next one are younger than the fork.
    own = threading.get_ident()
    threads, values = [], []
    for ident, top in sys._current_frames().items():
        frames = stack_of(top)
        if ident == own:
            while frames[0].f_code is not snapshot.__code__:
                del frames[0]
        described = []
        for frame in frames:
            facts = frame_record(frame)
            names = dict(frame.f_locals) if frame.f_code.co_flags & 1 else {}
            if ident == own and frame is frames[0]:
                facts['line'] = PAUSE_LINE
                for name in ('pid',):
                    facts['locals'].pop(name, None)
                    names.pop(name, None)
            facts.pop('id')
            values.extend(names.values())
            values.append(frame.f_code)
            described.append(facts)
        threads.append({'ident': ident, 'frames': described, 'main': ident == own})
    names = {t.ident: t for t in threading.enumerate()}
    for thread in threads:
        known = names.get(thread['ident'])
        thread['name'] = known.name if known else None
        thread['native_id'] = known.native_id if known else None
    record['threads'] = threads
    close_over(values, seen, generation_of, objects)
    queue.extend(values)
    if hasattr(sys, 'set_int_max_str_digits'):
        sys.set_int_max_str_digits(0)
    details(queue, record)
    del record['deque']
    record['objects'] = objects
    kinds = {}
    for o in queue:
        kind = type(o)
        if id(kind) not in kinds:
            kinds[id(kind)] = (str(getattr(kind, '__module__', None)), str(type.__dict__['__qualname__'].__get__(kind)))
    record['types'] = kinds
    record['modules'] = {str(name): id(module) for name, module in sys.modules.items()}
    record['freed'] = [(address, name) for name, addresses in heaps.FREED.items() for address in addresses]
    record['garbage'] = list(heaps.GARBAGE)
    record['sentinel'] = id(sentinel)
    record['pools'] = pools_of(target['record'] + '.pools')
    with open(target['record'], 'wb') as file:
        file.write(marshal.dumps(record))
    os.write(1, b'%d\n' % pid)
    sys.stdin.buffer.raw.read(1)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return 0


def main():
    heap, record, library = sys.argv[1:4]
    fork = ctypes.PyDLL(library).exu_oracle_pause
    fork.restype = ctypes.c_int
    gc.disable()
    target = {'heap': heap, 'record': record, 'stderr': os.dup(2)}

    printed = os.open(record + '.pools', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def stand_still():
        os.dup2(printed, 2)  # sys._debugmallocstats writes there
        return snapshot(fork, describe, target, sys._debugmallocstats)

    heaps.HEAPS[heap](stand_still)
    sys.stdout.flush()
    os._exit(0)  # the threads of the heap are blocked for good


if __name__ == '__main__':
    main()
