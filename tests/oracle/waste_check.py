"""What `exuvia waste` goes by, held against the process: what containers have room for (told by sys.getsizeof), which dicts
share their keys, and which strs and bytes are alike.
"""
import collections

LOG2 = range(3, 32)


def exact(check, name):
    """{address: sys.getsizeof} of the objects of just that built-in type."""
    return {address: size for address, kind, size, _generation, _referents in check.record['objects']
            if size is not None and check.names.get(kind) == name}


def own_tables(version):
    """{bytes of a table of keys: the entries that it has room for} (Objects/dictobject.c, _PyDict_SizeOf)."""
    if version < (3, 6):
        return {(1 << log2) * 24: (1 << log2) * 2 // 3 for log2 in LOG2 if log2 > 3}
    found = {}
    for log2 in LOG2:
        places = 1 << log2
        room = places * 2 // 3
        if version < (3, 11):
            width = 1 if places <= 0xff else 2 if places <= 0xffff else 4
            found[40 + places * width + room * 24] = room
        else:
            width = 1 if log2 < 8 else 2 if log2 < 16 else 4
            for stride in (16, 24):
                found[32 + places * width + room * stride] = room
    return found


def run(check):
    if 'hexversion' not in check.record:  # an older corpus
        return
    if any(size % 8 for size in exact(check, 'list').values()):
        return
    rows = {address: (capacity, shared) for address, capacity, shared in
            check.db.execute('SELECT address, capacity, shared_keys FROM object WHERE capacity IS NOT NULL')}
    basic = {name: size for name, size in check.db.execute(
        "SELECT qualname, basicsize FROM type WHERE NOT heap AND qualname IN ('list', 'dict', 'set', 'frozenset')")}
    lists(check, rows, basic)
    sets(check, rows)
    dicts(check, rows, basic)
    alike(check)


def lists(check, rows, basic):
    sizes = exact(check, 'list')
    measure = check.measure('room of lists')
    smallest = basic['list'] + check.record['head']  # of an empty one, with the collector's head
    for address, size in sizes.items():
        if address in check.objects:
            found, room = rows.get(address, (None,))[0], (size - smallest) // 8
            # Objects/listobject.c: while it is sorted a list has allocated -1.
            measure.expect(found == (None if room == -1 else room), 'list', '%s: %d, not %s' % (check.say(address), room, found))


def sets(check, rows):
    measure = check.measure('room of sets')
    for name in ('set', 'frozenset'):
        sizes = exact(check, name)
        smallest = min(sizes.values(), default=0)
        for address, size in sizes.items():
            if address in check.objects:
                expected, found = (size - smallest) // 16 or 8, rows.get(address, (None,))[0]
                measure.expect(found == expected, name, '%s: %d, not %s' % (check.say(address), expected, found))


def dicts(check, rows, basic):
    version = check.record['hexversion'] >> 24, check.record['hexversion'] >> 16 & 255
    room, sharing = check.measure('room of dicts'), check.measure('shared keys')
    sizes = exact(check, 'dict')
    smallest = basic['dict'] + check.record['head']
    tables = own_tables(version)
    values = {entries * 8 for entries in range(1, 64)}
    for address, size in sizes.items():
        beyond = size - smallest
        if address not in check.objects:
            continue
        found, shared = rows.get(address, (None, None))
        if version < (3, 0):
            expected = tables.get(beyond, 5 if not beyond else None)
            room.expect(found == expected, 'dict', '%s: %s, not %s' % (check.say(address), expected, found))
            sharing.expect(shared is None, 'dict', '%s: 2.7 shares none' % check.say(address))
        elif beyond in tables and beyond not in values:
            room.expect(found == tables[beyond], 'dict', '%s: %d, not %s' % (check.say(address), tables[beyond], found))
            sharing.expect(shared == 0, 'dict', '%s has keys of its own' % check.say(address))
        elif beyond in values and beyond not in tables:
            sharing.expect(shared == 1, 'dict', '%s shares its keys' % check.say(address))


def alike(check):
    measure = check.measure('content hashes')
    rows = {check.address[o]: (length, hash_) for o, length, hash_ in check.db.execute(
        'SELECT object_id, length, hash FROM content WHERE length IS NOT NULL')}
    by_content, by_hash = {}, collections.defaultdict(set)
    for address, (kind, value) in check.record['values'].items():
        if kind not in ('str', 'bytes') or address not in check.objects:
            continue
        content = (check.kind.get(address), bytes(value) if kind == 'bytes' else value)
        found = (check.kind.get(address),) + rows.get(address, (None, None))
        measure.expect(found[2] is not None, kind, '%s has none' % check.say(address))
        measure.expect(by_content.setdefault(content, found) == found, kind, '%s: like others, another hash' % check.say(address))
        by_hash[found].add(content)
    for found, contents in by_hash.items():
        measure.expect(len(contents) == 1, 'hash', '%s stands for %d contents' % (found, len(contents)))
