"""Holds the tables malloc_arena, malloc_heap and chunk against malloc_info(3) of the process: arena by arena, bin by bin.

malloc_info lists what lies in fastbins and bins: of each of them the number of chunks, their bytes, the smallest and the
largest. What it does not list can't be compared one by one: used chunks, and those of the tcaches, which look used to it.
Of these only the sum is known, by what an arena has got from the system: here the chunks of a heap must follow each
other without a gap from its start to its end, each with the size that its header in the core says. The heap `churned`
knows besides which blocks it has from malloc, and which it gave back.
"""
import bisect
import collections
import mmap
import struct

PAGE = 4096
FLAGS = 7               # PREV_INUSE, IS_MMAPPED, NON_MAIN_ARENA: the low bits of a size
FENCEPOST = 16


class Memory:
    """A core's bytes, by an ELF reader that is not the one under test."""

    def __init__(self, path):
        with open(path, 'rb') as file:
            self.bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        offset, = struct.unpack_from('<Q', self.bytes, 32)
        size, count = struct.unpack_from('<HH', self.bytes, 54)
        self.segments = []
        for n in range(count):
            kind, _flags, place, address, _physical, length, _memory, _align = struct.unpack_from(
                '<IIQQQQQQ', self.bytes, offset + n * size)
            if kind == 1:
                self.segments.append((address, address + length, place))
        self.segments.sort()
        self.starts = [segment[0] for segment in self.segments]

    def word(self, address):
        n = bisect.bisect_right(self.starts, address) - 1
        if n < 0 or address + 8 > self.segments[n][1]:
            return None
        return struct.unpack_from('<Q', self.bytes, self.segments[n][2] + address - self.segments[n][0])[0]


def bin_of(size):
    """glibc malloc/malloc.c: smallbin_index, largebin_index_64."""
    if size < 1024:
        return size >> 4
    for shift, most, first in ((6, 48, 48), (9, 20, 91), (12, 10, 110), (15, 4, 119), (18, 2, 124)):
        if size >> shift <= most:
            return first + (size >> shift)
    return 126


Chunk = collections.namedtuple('Chunk', 'address size state heap bin head')  # head: the size as it is stored, with flags


class Arena:
    def __init__(self):
        self.fast, self.bins = collections.defaultdict(list), collections.defaultdict(list)
        self.top = []
        self.heaps = []


def arenas_of(check):
    found = collections.OrderedDict()
    heaps = {}
    for number, main, current, most in check.db.execute(
            'SELECT id, main, system_bytes, max_system_bytes FROM malloc_arena ORDER BY id'):
        arena = found[number] = Arena()
        arena.main, arena.current, arena.most = main, current, most
    for number, arena, start, end in check.db.execute('SELECT id, arena_id, start, "end" FROM malloc_heap ORDER BY id'):
        heaps[number] = (found.get(arena, Arena()), start, end, [])
        heaps[number][0].heaps.append(heaps[number])
    for row in check.db.execute('SELECT address, size, state, heap_id, bin FROM chunk WHERE heap_id IS NOT NULL ORDER BY id'):
        chunk = Chunk(*row, head=check.memory.word(row[0] + 8) if check.memory else None)
        arena, _start, _end, chunks = heaps[chunk.heap]
        chunks.append(chunk)
        if chunk.state == 'fastbin':
            arena.fast[chunk.bin].append(chunk)
        elif chunk.state == 'free':
            arena.bins[chunk.bin].append(chunk)
        elif chunk.state == 'top':
            arena.top.append(chunk)
    return list(found.values())


def lines_of(arena):
    """As malloc_info would print them: (kind, chunks, whether it adds the flags). The unsorted chunks (bin 1) come last."""
    for number in sorted(arena.fast):
        yield 'size', arena.fast[number], False
    for number in sorted(arena.bins):
        if number != 1:
            yield 'size', arena.bins[number], True
    if 1 in arena.bins:
        yield 'unsorted', arena.bins[1], True


def flags_fit(total, size, chunks):
    """Of those in bins malloc_info adds the flags to the size: PREV_INUSE, and in threads' arenas of some (those that were
    cut off another, not those that free() left) NON_MAIN_ARENA."""
    return 0 <= total - size - chunks <= 4 * chunks and (total - size - chunks) % 4 == 0


def line_fits(said, kind, chunks, flagged):
    sizes = sorted(chunk.size for chunk in chunks)
    heads = sorted(chunk.head for chunk in chunks) if all(chunk.head for chunk in chunks) else None
    kind_said, least, most, total, count = said
    if kind_said != kind or count != len(sizes):
        return False
    if not flagged: # a fastbin: all sizes that are rounded to its one
        return (least, most, total) == (sizes[0] - 15, sizes[-1], sum(sizes)) and sizes[0] == sizes[-1]
    if heads:
        return (least, most, total) == (heads[0], heads[-1], sum(heads))
    return (least & ~FLAGS, most & ~FLAGS) == (sizes[0], sizes[-1]) and flags_fit(total, sum(sizes), count)


def check_bins(measure, number, said, arena):
    ours = list(lines_of(arena))
    for n, line in enumerate(said['lines']):
        kind, chunks, flagged = ours[n] if n < len(ours) else ('nothing', [], True)
        measure.expect(chunks and line_fits(line, kind, chunks, flagged), 'arena %d' % number,
                       '%s: %d chunks from %s to %s, malloc_info says %r' % (
                           kind, len(chunks), min((c.size for c in chunks), default=None),
                           max((c.size for c in chunks), default=None), line))
    for kind, chunks, _flagged in ours[len(said['lines']):]:
        measure.surplus('arena %d' % number, '%s: %d chunks of %d bytes and so on' % (kind, len(chunks), chunks[0].size))


def is_closed(memory, address):
    """Fenceposts: memory follows that another took with sbrk (malloc.c, sysmalloc)."""
    return memory and all(memory.word(address + n + 8) & ~FLAGS == FENCEPOST for n in (0, FENCEPOST))


def check_chunks(check, measure, number, arena):
    """Each chunk stands where it must, and is in the list that is for its size."""
    for _arena, start, end, chunks in arena.heaps:
        at = start
        for chunk in chunks:
            good = chunk.address == at or arena.main and chunk.address > at and is_closed(check.memory, at)
            if chunk.head is not None and chunk.state != 'top':
                good = good and chunk.head & ~FLAGS == chunk.size
            if chunk.state == 'free':
                good = good and chunk.bin in (1, bin_of(chunk.size))
            elif chunk.state == 'fastbin' or chunk.state == 'tcache' and chunk.bin < 64: # 2.43: ranges of large ones above
                good = good and chunk.bin == (chunk.size >> 4) - 2
            elif chunk.state != 'tcache':
                good = good and chunk.bin is None
            measure.expect(good, 'arena %d' % number, '%#x of %d bytes, %s in bin %s' % (
                chunk.address, chunk.size, chunk.state, chunk.bin))
            at = chunk.address + chunk.size
        measure.expect(end - at in (0, 2 * FENCEPOST), 'arena %d' % number, 'the heap at %#x ends %d bytes behind its last chunk' % (
            start, end - at))


def check_arena(measure, number, said, arena):
    def expect(what, found, expected):
        measure.expect(found == expected, 'arena %d' % number, '%s is %s, malloc_info says %s' % (what, found, expected))

    fast = [chunk for chunks in arena.fast.values() for chunk in chunks]
    free = [chunk for chunks in arena.bins.values() for chunk in chunks]
    rest = sum(chunk.size for chunk in free + arena.top)
    expect('fast', [len(fast), sum(chunk.size for chunk in fast)], list(said.get('fast', (0, 0))))  # 2.43 has no fastbins
    expect('chunks of the rest', len(free) + len(arena.top), said['rest'][0])
    if all(chunk.head for chunk in free):
        expect('bytes of the rest', sum(chunk.head for chunk in free) + sum(chunk.size for chunk in arena.top), said['rest'][1])
    else:
        measure.expect(flags_fit(said['rest'][1], rest, len(free)), 'arena %d' % number, 'the rest is %d bytes, malloc_info says %d' % (
            rest, said['rest'][1]))
    expect('current', arena.current, said['current'])
    expect('max', arena.most, said['max'])
    # What chunks lie in: in a thread's heaps behind a heap_info and the malloc_state, in their first page.
    heaps = [(start if arena.main else start - start % PAGE, end) for _arena, start, end, _chunks in arena.heaps]
    expect('the sum of the heaps', sum(end - start for start, end in heaps), said['aspace'])
    if 'subheaps' in said:
        expect('heaps', len(heaps), said['subheaps'])


def check_blocks(measure, record, chunks):
    """What a heap took from malloc and gave back itself: the only ones whose use is known one by one."""
    starts = [address for address, _size, _state in chunks]

    def state(block):
        n = bisect.bisect_right(starts, block - 16) - 1
        return chunks[n] if n >= 0 and block - 16 < chunks[n][0] + chunks[n][1] else (None, None, 'nothing')

    for block in record['taken']:
        address, size, found = state(block)
        measure.expect(address == block - 16 and found in ('used', 'mmapped'), 'taken', '%#x is %s' % (block, found))
    for block in record['returned']: # a neighbour may have taken it in
        address, size, found = state(block)
        good = found in ('free', 'top') or address == block - 16 and found in ('tcache', 'fastbin')
        measure.expect(good, 'returned', '%#x is %s' % (block, found))


def run(check):
    said = check.record.get('arenas')
    if not said: # an older corpus
        return
    bins, arenas = check.measure('malloc bins'), check.measure('malloc arenas')
    chunks = check.measure('malloc chunks', 'each in its place')
    if check.record['taken']:
        check_blocks(check.measure('malloc blocks', 'of the heap churned'), check.record,
                     check.db.execute('SELECT address, size, state FROM chunk ORDER BY address').fetchall())
    found = arenas_of(check)
    arenas.expect(len(found) == len(said), 'arenas', '%d, malloc_info lists %d' % (len(found), len(said)))
    for number, (facts, arena) in enumerate(zip(said, found)):
        check_bins(bins, number, facts, arena)
        check_chunks(check, chunks, number, arena)
        check_arena(arenas, number, facts, arena)
