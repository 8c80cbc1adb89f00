#!/usr/bin/env python3
"""Damages a real core of CPython, to see what a reader makes of it.

    mutilate.py CORE -o DAMAGED --seed 7
    mutilate.py CORE -o DAMAGED --seed 7 --kind dict-keys --kind gc-links --times 20
    mutilate.py --list

CORE is plain or zstd (then the zstd command is needed). The same core, seed and options give the same bytes. Without
--kind the seed chooses one to four kinds of damage, each done 1 to 50 times; what was done goes to standard output, a
line each. The kinds range from the accidental (flipped bits, lost pages, a file cut short) to the hostile (hundreds
of objects that all claim the same large array).

Where the structures' members lie comes from the shipped layouts (src/layout/rows), by the version that the core's memory
names (`--python` says it otherwise). As a module: `Heap(data)` indexes a core once, `mutilate(heap, seed)` damages a copy of it. tests/fuzz/replay.py runs exuvia over many; ten thousand with

    tests/fuzz/replay.py --exuvia build/asan/exuvia --count 10000 CORE...
"""
import argparse
import array
import glob
import os
import random
import re
import struct
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROWS = os.path.join(TOP, 'src', 'layout', 'rows')
VERSION = re.compile(rb'([23])\.(\d+)\.(\d+)[^\s\0]* \([^()\0]{3,80}\) ?\n?\[')  # the beginning of sys.version
PAGE = 4096
EHDR = struct.Struct('<16sHHIQQQIHHHHHH')
PHDR = struct.Struct('<IIQQQQQQ')
PT_LOAD, PT_NOTE = 1, 4
PF_W = 2
NT_PRSTATUS = 1
BLOCK = 'block___collectionsmodule'
# tp_flags, Include/object.h: the same from 2.7 to 3.15
HAVE_GC = 1 << 14
FLAGS = {'int': 1 << 24, 'list': 1 << 25, 'tuple': 1 << 26, 'bytes': 1 << 27, 'str': 1 << 28, 'dict': 1 << 29,
         'exception': 1 << 30, 'type': 1 << 31}
STRANGE = (0, 1, 2, 3, 7, 8, 0x7f, 0xff, 0x1000, 0xffff, 1 << 20, 1 << 24, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 32,
           1 << 40, (1 << 47) - 8, 1 << 47, 1 << 60, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 64) - 2,
           (1 << 64) - 8, 0xcbcbcbcbcbcbcbcb, 0xdddddddddddddddd, 0xfdfdfdfdfdfdfdfd)


def find_layouts(data, python=None):
    """The layouts that may be this core's, the likeliest first: those of its minor version, the nearest micro release."""
    found = re.match(rb'([23])\.(\d+)(?:\.(\d+))?$', python.encode()) if python else VERSION.search(data)
    if not found:
        raise ValueError('the core does not say which Python it is of; say it with --python 3.11.2')
    major, minor, micro = (int(n or 0) for n in found.groups())
    rows = []
    for path in glob.glob(os.path.join(ROWS, f'{major}.{minor}.*.tsv')):
        words = os.path.basename(path)[:-len('.tsv')].split('-')
        if 'debug' not in words:
            rows.append((abs(int(words[0].split('.')[2]) - micro), len(words), path))
    if not rows:
        raise ValueError(f'src/layout/rows has no row for {major}.{minor}')
    return [read_layout(row[2]) for row in sorted(rows)]


def read_layout(path):
    """{'PyListObject': {'': size, 'ob_item': offset}}"""
    layout, members = {}, {}
    with open(path, encoding='utf-8') as lines:
        for line in lines:
            fields = line.rstrip('\n').split('\t')
            if line.startswith('\t'):
                members[fields[1]] = int(fields[2])
            elif len(fields) >= 3 and fields[1].isdigit():
                members = layout[fields[0]] = {'': int(fields[1])}
    return layout


class Heap:
    """What of a core is worth damaging: places as offsets in the file."""

    def __init__(self, data, python=None):
        self.data = bytes(data)
        fields = EHDR.unpack_from(self.data)
        if fields[0][:5] != b'\x7fELF\2':
            raise ValueError('not a 64-bit ELF file')
        self.phdrs = [fields[5] + i * fields[9] for i in range(fields[10])]
        segments = [PHDR.unpack_from(self.data, at) for at in self.phdrs]
        self.notes = [(s[2], s[5]) for s in segments if s[0] == PT_NOTE]
        self.loads = [(s[3], s[2], s[5], s[1]) for s in segments if s[0] == PT_LOAD and s[5]]
        self.writable = [(s[0], s[1], s[2]) for s in self.loads if s[3] & PF_W]
        for layout in find_layouts(self.data, python):
            self.layout = layout
            if self._find_objects():
                break
        else:
            raise ValueError('no type object found')
        # From 3.11 on a frame that runs is no object.
        self.frame = '_PyInterpreterFrame' if '_PyInterpreterFrame' in self.layout else 'PyFrameObject'
        self._find_allocators()
        self._find_threads()

    def offset(self, address, size=8):
        for start, offset, length, _flags in self.loads:
            if start <= address and address - start + size <= length:
                return offset + (address - start)
        return None

    def word(self, address):
        at = self.offset(address)
        return None if at is None else struct.unpack_from('<Q', self.data, at)[0]

    def member(self, structure, name):
        return self.layout[structure][name]

    def deque_length(self):
        return self.layout['dequeobject'].get('len', self.member('PyVarObject', 'ob_size'))

    def _text(self, address):
        at = self.offset(address, 1)
        return '' if at is None else self.data[at:self.data.index(b'\0', at)][:64].decode('latin-1')

    def _find_objects(self):
        self.words = {}  # start of a segment -> its words
        for start, offset, size in self.writable:
            words = array.array('Q')
            words.frombytes(self.data[offset:offset + size // 8 * 8])
            self.words[start] = words
        self.type_type = self._find_type()
        if not self.type_type:
            return False
        # From 3.14 on flags stand above the reference count (Include/refcount.h).
        high = 0xffffffff if 'f_overwritten_fast_locals' in self.layout['PyFrameObject'] else (1 << 64) - 1
        types = {self.type_type: 'type'}
        not_types = set()
        self.objects = []  # (address, name of the type, flags)
        flags = {}
        for start, words in self.words.items():
            for i in range(1, len(words)):
                kind = words[i]
                if kind in types:
                    if 0 < words[i - 1] & high < 1 << 32:
                        self.objects.append((start + 8 * i - 8, kind))
                elif kind > 4096 and kind % 8 == 0 and kind not in not_types and 0 < words[i - 1] & high < 1 << 32:
                    if self._is_type(kind):
                        types[kind] = self._text(self.word(kind + self.member('PyTypeObject', 'tp_name')) or 0)
                        self.objects.append((start + 8 * i - 8, kind))
                    else:
                        not_types.add(kind)
        for kind in types:
            flags[kind] = self.word(kind + self.member('PyTypeObject', 'tp_flags')) or 0
        self.objects = [(address, types[kind], flags[kind]) for address, kind in self.objects]
        self.types = sorted(types)
        self.addresses = [o[0] for o in self.objects]
        self.by_flag = {name: [o[0] for o in self.objects if o[2] & bit] for name, bit in FLAGS.items()}
        self.by_name = {}
        for address, name, _flags in self.objects:
            self.by_name.setdefault(name, []).append(address)
        return True

    def _find_type(self):
        for start, words in self.words.items():
            for i in range(1, len(words)):
                if words[i] == start + 8 * i - 8 and self._is_type(words[i]):
                    return words[i]
        return None

    def _is_type(self, address):
        head = self.member('PyTypeObject', 'tp_flags')
        flags, meta = self.word(address + head), self.word(address + 8)
        if flags is None or not meta or flags >> 32:
            return False
        meta_flags = self.word(meta + head)
        size = self.word(address + self.member('PyTypeObject', 'tp_basicsize'))
        return bool(meta_flags and meta_flags & FLAGS['type'] and not meta_flags >> 32 and 16 <= (size or 0) < 1 << 20)

    def _find_allocators(self):
        """Pool headers (szidx, nextoffset and maxnextoffset agree), and the chunks of malloc that begin a segment."""
        pool = self.layout['pool_header']
        self.pools, self.chunks = [], []
        for start, offset, size in self.writable:
            for at in range(-start % PAGE, size - PAGE + 1, PAGE):
                index, following, last = struct.unpack_from('<III', self.data, offset + at + pool['szidx'])
                if index < 32 and last < 1 << 20 and following <= last + 16 * (index + 1) and following >= pool['']:
                    self.pools.append(start + at)
            chunk, found = start, []
            while chunk - start + 16 <= size:
                bytes_ = self.word(chunk + 8)
                if not bytes_ or bytes_ & ~7 < 32 or (bytes_ & ~7) % 16 or bytes_ & ~7 > size - (chunk - start):
                    break
                found.append(chunk)
                chunk += bytes_ & ~7
            if len(found) > 8:
                self.chunks += found

    def _find_threads(self):
        """PyThreadState by the pthread_self of each thread (fs_base of NT_PRSTATUS), and frames by their code."""
        idents = set()
        for start, size in self.notes:
            at, end = start, start + size
            while at + 12 <= end:
                namesz, descsz, kind = struct.unpack_from('<III', self.data, at)
                at += 12 + (namesz + 3 & ~3)
                if kind == NT_PRSTATUS and descsz >= 112 + 27 * 8:
                    idents.add(struct.unpack_from('<Q', self.data, at + 112 + 21 * 8)[0])
                at += descsz + 3 & ~3
        thread = self.member('PyThreadState', 'thread_id')
        code = self.member(self.frame, 'f_code')
        codes = set(self.by_name.get('code', ()))
        running = self.frame == '_PyInterpreterFrame'
        self.threads, self.frames = [], [] if running else self.by_name.get('frame', [])
        for start, words in self.words.items():
            for i, word in enumerate(words):
                if word in idents:
                    self.threads.append(start + 8 * i - thread)
                elif running and word & ~3 in codes:  # a tagged pointer from 3.14 on
                    self.frames.append(start + 8 * i - code)
        if running:
            functions = set(self.by_name.get('function', ()))
            at = self.member(self.frame, 'f_func')
            self.frames = [f for f in self.frames if (self.word(f + at) or 0) & ~3 in functions]


class Damage:
    """A copy of the core under the knife. Kinds are the methods below; each does its damage once."""

    def __init__(self, heap, rng, say):
        self.heap, self.rng, self.say = heap, rng, say
        self.data = bytearray(heap.data)

    # -- tools

    def put(self, address, value, size=8):
        at = self.heap.offset(address, size)
        if at is not None:
            self.data[at:at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, 'little')
            self.say(f'{address:#x}: {size} bytes = {value & (1 << 8 * size) - 1:#x}')

    def get(self, address):
        at = self.heap.offset(address)
        return 0 if at is None else struct.unpack_from('<Q', self.data, at)[0]

    def strange(self, address, old=0):
        rng, heap = self.rng, self.heap
        return rng.choice((
            lambda: rng.choice(STRANGE),
            lambda: rng.getrandbits(64),
            lambda: old ^ 1 << rng.randrange(64),
            lambda: old + rng.choice((-16, -8, -1, 1, 8, 16)),
            lambda: -old,
            lambda: address,
            lambda: rng.choice(heap.addresses),
            lambda: rng.choice(heap.types),
            lambda: rng.choice(heap.loads)[0] + rng.choice((-8, 0, 8)),
            lambda: self.end(),
        ))() & (1 << 64) - 1

    def end(self):
        start, _offset, size, _flags = self.rng.choice(self.heap.loads)
        return start + size - self.rng.choice((0, 1, 4, 8, 16, 24))

    def damage(self, address):
        old = self.get(address)
        self.put(address, self.strange(address, old))

    def field(self, where, structure, *names, size=8):
        if where:
            address = self.rng.choice(where) + self.heap.member(structure, self.rng.choice(names))
            self.put(address, self.strange(address, self.get(address)), size)

    def somewhere(self):
        start, _offset, size = self.rng.choice(self.heap.writable)
        return start + self.rng.randrange(size // 8) * 8

    def named(self, *names):
        return [a for n in names for a in self.heap.by_name.get(n, ())]

    # -- the file

    def elf_header(self):
        at = self.rng.randrange(16, 64)
        self.data[at] = self.rng.randrange(256)
        self.say(f'ELF header byte {at}')

    def program_header(self):
        at = self.rng.choice(self.heap.phdrs) + self.rng.choice((0, 4, 8, 16, 32, 40))
        old = struct.unpack_from('<Q', self.data, at)[0]
        size = 4 if self.rng.random() < 0.3 else 8
        value = self.strange(old & ~0xfff, old)
        self.data[at:at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, 'little')
        self.say(f'program header word at {at} = {value:#x}')

    def same_bytes(self):
        """Segments over the same bytes of the file."""
        donor = PHDR.unpack_from(self.data, max(self.heap.phdrs, key=lambda at: PHDR.unpack_from(self.data, at)[5]))
        at = self.rng.choice(self.heap.phdrs)
        mine = list(PHDR.unpack_from(self.data, at))
        if mine[0] == PT_LOAD:
            mine[2], mine[5], mine[6] = donor[2], donor[5], max(donor[5], mine[6])
            if self.rng.random() < 0.5:
                mine[3] = donor[3] + self.rng.randrange(64) * (1 << 30)
            PHDR.pack_into(self.data, at, *mine)
            self.say(f'program header at {at} reads what another reads')

    def note(self):
        if self.heap.notes:
            start, size = self.rng.choice(self.heap.notes)
            at = start + self.rng.randrange(max(1, size - 8))
            if self.rng.random() < 0.5:
                at &= ~3
            value = self.rng.choice((0, 1, 4, 0xffffffff, 0x7fffffff, self.rng.getrandbits(32)))
            self.data[at:at + 4] = value.to_bytes(4, 'little')
            self.say(f'notes at {at} = {value:#x}')

    def truncate(self):
        size = self.rng.randrange(len(self.data))
        del self.data[size:]
        self.say(f'cut to {size} bytes')

    def page(self):
        start, offset, size = self.rng.choice(self.heap.writable)
        at = offset + self.rng.randrange(max(1, size // PAGE)) * PAGE
        fill = self.rng.choice((0, 0, 0xff, 0xcb))
        pages = self.rng.choice((1, 1, 4, 64))
        stop = min(offset + size, at + pages * PAGE, len(self.data))
        self.data[at:stop] = bytes([fill]) * max(0, stop - at)
        self.say(f'{start + at - offset:#x}: filled with {fill:#x} up to {start + stop - offset:#x}')

    def swap_pages(self):
        places = []
        for _ in range(2):
            _start, offset, size = self.rng.choice(self.heap.writable)
            places.append(offset + self.rng.randrange(max(1, size // PAGE)) * PAGE)
        a, b = places
        if max(a, b) + PAGE <= len(self.data):
            self.data[a:a + PAGE], self.data[b:b + PAGE] = self.data[b:b + PAGE], self.data[a:a + PAGE]
            self.say(f'pages at {a} and {b} of the file swapped')

    # -- any memory

    def bit(self):
        address = self.somewhere()
        self.put(address, self.get(address) ^ 1 << self.rng.randrange(64))

    def byte(self):
        self.put(self.somewhere() + self.rng.randrange(8), self.rng.randrange(256), 1)

    def any_word(self):
        self.damage(self.somewhere())

    # -- objects

    def object_word(self):
        self.damage(self.rng.choice(self.heap.addresses) + 8 * self.rng.randrange(12))

    def object_pointer(self):
        address = self.rng.choice(self.heap.addresses)
        for _ in range(16):
            at = address + 8 * self.rng.randrange(2, 12)
            if self.heap.offset(self.get(at)) is not None:
                self.put(at, self.rng.choice((address, at, at + 8, self.rng.choice(self.heap.addresses), self.end())))
                return

    def object_type(self):
        self.put(self.rng.choice(self.heap.addresses) + 8, self.rng.choice(self.heap.types))

    def object_size(self):
        address = self.rng.choice(self.heap.addresses) + self.heap.member('PyVarObject', 'ob_size')
        self.put(address, self.rng.choice(STRANGE + (self.get(address) + 1, self.get(address) * 1000)))

    def list_sizes(self):
        self.field(self.heap.by_flag['list'], 'PyListObject', 'ob_item', 'allocated')
        self.put(self.rng.choice(self.heap.by_flag['list']) + self.heap.member('PyVarObject', 'ob_size'),
                 self.rng.choice((1000, 100000, 1 << 20, 1 << 40)))

    def dict_keys(self):
        dictionary = self.rng.choice(self.heap.by_flag['dict'])
        if 'PyDictKeysObject' not in self.heap.layout:  # 2.7: the table is the dictionary's own
            self.field([dictionary], 'PyDictObject', 'ma_mask', 'ma_table', 'ma_fill')
            return
        keys = self.get(dictionary + self.heap.member('PyDictObject', 'ma_keys'))
        members = self.heap.layout['PyDictKeysObject']
        name = self.rng.choice([n for n in members if n and n != 'dk_indices'])
        at = keys + members[name]
        small = name in ('dk_log2_size', 'dk_log2_index_bytes', 'dk_kind')
        self.put(at, self.rng.randrange(256) if small else self.strange(at, self.get(at)), 1 if small else 8)
        if self.rng.random() < 0.3:
            self.dict_size(keys, 40)

    def dict_size(self, keys, bits):
        members = self.heap.layout['PyDictKeysObject']
        if 'dk_log2_size' in members:
            self.put(keys + members['dk_log2_size'], bits, 1)
        else:
            self.put(keys + members['dk_size'], 1 << bits)

    def dict_words(self):
        names = [n for n in ('ma_used', 'ma_keys', 'ma_values', 'ma_table', 'ma_mask')
                 if n in self.heap.layout['PyDictObject']]
        self.field(self.heap.by_flag['dict'], 'PyDictObject', *names)

    def set_words(self):
        self.field(self.named('set', 'frozenset'), 'PySetObject', 'used', 'mask', 'table')

    def deque_words(self):
        deques = self.named('collections.deque')
        self.field(deques, 'dequeobject', *[n for n in self.heap.layout['dequeobject'] if n])
        if deques:
            deque = self.rng.choice(deques)
            block = self.get(deque + self.heap.member('dequeobject', 'leftblock'))
            self.put(block + self.heap.member(BLOCK, 'rightlink'), block)
            self.put(deque + self.heap.deque_length(), 1 << 40)

    def type_words(self):
        names = [n for n in self.heap.layout['PyTypeObject'] if n]
        types = self.heap.types
        address = self.rng.choice(types)
        name = self.rng.choice(names + ['tp_base', 'tp_basicsize', 'tp_members', 'tp_name', 'tp_dictoffset'])
        at = address + self.heap.member('PyTypeObject', name)
        self.put(at, self.rng.choice((self.strange(at, self.get(at)), self.strange(at, self.get(at)),
                                      self.rng.randrange(1 << 20) & ~7)))

    def gc_links(self):
        head = self.heap.layout['PyGC_Head']['']
        objects = [o[0] for o in self.heap.objects if o[2] & HAVE_GC]
        link = self.rng.choice(objects) - head + self.rng.choice((0, 8))
        self.put(link, self.rng.choice((link, link & ~15, self.rng.choice(objects) - head, 0, self.strange(link))))

    def cycle(self):
        """A chain that bites its tail."""
        structure, name, kind = self.rng.choice((
            ('PyTracebackObject', 'tb_next', 'traceback'), ('PyTypeObject', 'tp_base', 'type'),
            ('PyFrameObject', 'f_back', 'frame'), ('PyCellObject', 'ob_ref', 'cell')))
        where = self.named(kind)
        if where:
            self.put(self.rng.choice(where) + self.heap.member(structure, name), self.rng.choice(where))

    def frame(self):
        self.field(self.heap.frames, self.heap.frame, *[n for n in self.heap.layout[self.heap.frame] if n])

    def frame_cycle(self):
        if self.heap.frames:
            back = 'previous' if self.heap.frame == '_PyInterpreterFrame' else 'f_back'
            self.put(self.rng.choice(self.heap.frames) + self.heap.member(self.heap.frame, back),
                     self.rng.choice(self.heap.frames))

    def code(self):
        names = [n for n in self.heap.layout['PyCodeObject'] if n]
        self.field(self.named('code'), 'PyCodeObject', *names, size=self.rng.choice((4, 8)))

    def thread(self):
        names = [n for n in self.heap.layout['PyThreadState'] if n]
        self.field(self.heap.threads, 'PyThreadState', *names)

    def thread_cycle(self):
        if self.heap.threads:
            self.put(self.rng.choice(self.heap.threads) + self.heap.member('PyThreadState', 'next'),
                     self.rng.choice(self.heap.threads))

    # -- allocators

    def pool(self):
        self.field(self.heap.pools, 'pool_header', *[n for n in self.heap.layout['pool_header'] if n],
                   size=self.rng.choice((4, 8)))

    def free_block(self):
        if self.heap.pools:
            pool = self.rng.choice(self.heap.pools)
            block = self.get(pool + self.heap.member('pool_header', 'freeblock'))
            self.put(block, self.rng.choice((block, pool, block + 8, self.strange(block))))

    def chunk(self):
        if self.heap.chunks:
            at = self.rng.choice(self.heap.chunks) + self.rng.choice((8, 8, 16, 24))
            self.put(at, self.rng.choice((self.strange(at, self.get(at)), self.get(at) ^ 1, 0, 1 << 40 | 1, 0x21)))

    # -- malice: many objects claim the same memory

    def claims(self):
        kind = self.rng.choice(('list', 'dict', 'set', 'tuple', 'str', 'int', 'deque'))
        start, _offset, size = max(self.heap.writable, key=lambda s: s[2])
        size_at = self.heap.member('PyVarObject', 'ob_size')
        if kind == 'list':
            for address in self.heap.by_flag['list']:
                self.put(address + size_at, size // 8)
                self.put(address + self.heap.member('PyListObject', 'ob_item'), start)
                self.put(address + self.heap.member('PyListObject', 'allocated'), size // 8)
        elif kind == 'dict' and 'PyDictKeysObject' not in self.heap.layout:
            for address in self.heap.by_flag['dict']:
                self.put(address + self.heap.member('PyDictObject', 'ma_mask'), (1 << (size // 24).bit_length() - 1) - 1)
                self.put(address + self.heap.member('PyDictObject', 'ma_table'), start)
        elif kind == 'dict':
            # A key table of one's own making, over the largest segment.
            keys = self.heap.layout['PyDictKeysObject']
            table = start + self.rng.randrange(4) * PAGE
            self.put(table + keys['dk_refcnt'], 1)
            self.dict_size(table, 32)
            if 'dk_log2_size' in keys:
                self.put(table + keys['dk_log2_index_bytes'], 3, 1)
                self.put(table + keys['dk_kind'], self.rng.randrange(3), 1)
            else:
                self.dict_size(table, self.rng.choice((3, 12, 20, 32)))  # the indices stand before the entries
            self.put(table + keys['dk_usable'], 0)
            self.put(table + keys['dk_nentries'], (size - 5 * PAGE) // 24)
            for address in self.heap.by_flag['dict']:
                self.put(address + self.heap.member('PyDictObject', 'ma_keys'), table)
        elif kind == 'set':
            mask = (1 << (size // 16).bit_length() - 1) - 1
            for address in self.named('set', 'frozenset'):
                self.put(address + self.heap.member('PySetObject', 'mask'), mask)
                self.put(address + self.heap.member('PySetObject', 'table'), start)
                self.put(address + self.heap.member('PySetObject', 'used'), mask)
        elif kind == 'deque':
            for address in self.named('collections.deque'):
                self.put(address + self.heap.deque_length(), 1 << 40)
                block = self.get(address + self.heap.member('dequeobject', 'leftblock'))
                self.put(block + self.heap.member(BLOCK, 'rightlink'), block)
        else:
            for address in self.heap.by_flag[kind]:
                self.put(address + size_at, size // 8)


KINDS = {
    'elf-header': (Damage.elf_header, 1), 'program-header': (Damage.program_header, 6),
    'same-bytes': (Damage.same_bytes, 3), 'note': (Damage.note, 6), 'truncate': (Damage.truncate, 4),
    'page': (Damage.page, 5), 'swap-pages': (Damage.swap_pages, 5), 'bit': (Damage.bit, 6), 'byte': (Damage.byte, 6),
    'word': (Damage.any_word, 10), 'object-word': (Damage.object_word, 12), 'object-pointer': (Damage.object_pointer, 8),
    'object-type': (Damage.object_type, 8), 'object-size': (Damage.object_size, 8), 'list': (Damage.list_sizes, 6),
    'dict-keys': (Damage.dict_keys, 8), 'dict': (Damage.dict_words, 5), 'set': (Damage.set_words, 5),
    'deque': (Damage.deque_words, 4), 'type': (Damage.type_words, 10), 'gc-links': (Damage.gc_links, 6),
    'cycle': (Damage.cycle, 5), 'frame': (Damage.frame, 8), 'frame-cycle': (Damage.frame_cycle, 4),
    'code': (Damage.code, 8), 'thread': (Damage.thread, 6), 'thread-cycle': (Damage.thread_cycle, 2),
    'pool': (Damage.pool, 6), 'free-block': (Damage.free_block, 5), 'chunk': (Damage.chunk, 6),
    'claims': (Damage.claims, 4),
}
ONCE = {'elf-header', 'truncate', 'claims'}


def mutilate(heap, seed, kinds=None, times=None, say=lambda line: None):
    """The damaged core, as bytes."""
    rng = random.Random(seed)
    damage = Damage(heap, rng, say)
    if not kinds:
        kinds = rng.choices(list(KINDS), [weight for _do, weight in KINDS.values()], k=rng.randint(1, 4))
    for kind in sorted(kinds, key=lambda k: k == 'truncate'):  # what is cut off can't be damaged
        count = 1 if kind in ONCE else times or rng.choice((1, 1, 2, 5, 20, 50))
        say(f'{kind}, {count} times')
        for _ in range(count):
            KINDS[kind][0](damage)
    return bytes(damage.data)


def read_core(path):
    if path.endswith('.zst'):
        return subprocess.run(['zstd', '-dqc', path], check=True, stdout=subprocess.PIPE).stdout
    with open(path, 'rb') as file:
        return file.read()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('core', nargs='?')
    parser.add_argument('-o', '--output', metavar='DAMAGED')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--kind', action='append', choices=sorted(KINDS), help='instead of what the seed chooses')
    parser.add_argument('--times', type=int, help='how often each kind')
    parser.add_argument('--python', metavar='VERSION', help='of the core, when its memory does not say it')
    parser.add_argument('--list', action='store_true', help='the kinds of damage, one a line')
    options = parser.parse_args()
    if options.list:
        print('\n'.join(KINDS))
        return 0
    if not options.core or not options.output:
        parser.error('a core and -o DAMAGED')
    damaged = mutilate(Heap(read_core(options.core), options.python), options.seed, options.kind, options.times, print)
    with open(options.output, 'wb') as file:
        file.write(damaged)
    return 0


if __name__ == '__main__':
    sys.exit(main())
