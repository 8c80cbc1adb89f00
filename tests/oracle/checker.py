"""Holds a database against what the process knows of itself."""
import collections
import sqlite3

import functions_check
import malloc_check
import waste_check

# Types whose shallow size may differ from sys.getsizeof, by 'module.qualname', with the reason.
SIZE_EXCEPTIONS = {}

GENERATORS = ('generator', 'coroutine', 'async_generator')
ENFORCED_EXTRA = {'list', 'tuple', 'dict', 'set', 'frozenset', 'collections.deque'}
EXAMPLES = 12


class Measure:
    def __init__(self, name, note=''):
        self.name, self.note = name, note
        self.expected = self.found = self.missing = self.extra = 0
        self.by_type = collections.Counter()
        self.examples = collections.defaultdict(list)

    def expect(self, good, kind='', detail='', weight=1):
        self.expected += weight
        if good:
            self.found += weight
        else:
            self.missing += weight
            self.complain(kind, detail)

    def surplus(self, kind, detail, weight=1):
        self.extra += weight
        self.complain(kind, 'extra: ' + detail)

    def complain(self, kind, detail):
        self.by_type[kind] += 1
        if len(self.examples[kind]) < 3:
            self.examples[kind].append(detail)

    @property
    def failed(self):
        return bool(self.missing or self.extra)


def sql_text(value):
    """A str as the database spells it."""
    return ''.join('\\u%04x' % ord(c) if 0xd800 <= ord(c) <= 0xdfff else c for c in value)


def key_name(record, address):
    """A dict's key as text, if it is a str (2.7: a str of ASCII without NUL, or unicode)."""
    kind, value = record['values'].get(address, (None, None))
    if kind == 'bytes' and record.get('hexversion', 0) >> 24 == 2 and value.isascii() and b'\0' not in value:
        return value.decode()
    return value if kind == 'str' else None


class Check:
    def __init__(self, record, database, alone=False, memory=None, provoked=(), exuvia=None):
        """`alone`: no binaries were at hand. A core has no .symtab, which names the file statics that hold some blocks
        (`interned` up to 3.11, free lists): objects are demanded all the same, the owners of blocks less so.
        `memory`: of the child (malloc_check.Memory), for what only its bytes tell.
        `exuvia`: the program, for what only its SQL functions say.
        `provoked`: kinds of anomalies that the test itself brought about."""
        self.record, self.alone, self.memory, self.provoked = record, alone, memory, provoked
        self.exuvia, self.database = exuvia, database
        self.measures = []
        self.notes = []
        self.unasked = record.get('unasked', {})  # measure -> why the process could not be asked
        self.db = sqlite3.connect('file:%s?mode=ro' % database, uri=True)
        self.db.text_factory = lambda raw: raw.decode('utf-8', 'surrogateescape')
        # Another malloc in its place (other_malloc.py): its blocks are not listed, and glibc's malloc_info knows of none.
        self.c_allocator, = self.db.execute("SELECT value FROM meta WHERE key = 'c_allocator'").fetchone() or ('glibc',)
        self.objects = {}       # address -> row
        self.address = {None: None}
        for row in self.db.execute(
                'SELECT address, id, type_id, shallow_size, refcount, generation, reachable, storage FROM object'):
            self.objects[row[0]] = row
            self.address[row[1]] = row[0]
        self.kind = {address: kind for address, kind, *_ in record['objects']}
        self.names = {address: (module + '.' if module not in ('builtins', '__builtin__') else '') + name
                      for address, (module, name) in record['types'].items()}

    def name_of(self, address):
        return self.names.get(self.kind.get(address), '?')

    def say(self, address):
        if address is None:
            return 'nothing'
        return '%#x %s' % (address, self.name_of(address))

    def measure(self, name, note=''):
        made = Measure(name, note)
        self.measures.append(made)
        return made

    def run(self):
        self.check_objects()
        self.check_references()
        self.check_values()
        if self.exuvia:  # not for selftest.py's databases, which have no more than it asks for itself
            waste_check.run(self)
            functions_check.run(self)
        self.check_stacks()
        self.check_frames()
        self.check_exceptions()
        self.check_collector()
        self.check_pools()
        self.check_malloc()
        self.check_counts()
        self.check_dead()
        self.check_reachable()
        self.check_garbage()
        self.check_finalizers()
        self.check_sanity()

    def check_objects(self):
        objects, types = self.measure('objects'), self.measure('types')
        sizes, generations = self.measure('sizes'), self.measure('generations')
        counts = self.measure('refcounts')
        named = self.measure('type names')
        refcounts = self.record.get('refcounts', {})
        excused = collections.Counter()
        for address, kind, size, generation, _referents in self.record['objects']:
            name = self.names.get(kind, '?')
            row = self.objects.get(address)
            objects.expect(row is not None, name, '%#x' % address)
            if row is None:
                continue
            types.expect(self.address.get(row[2]) == kind, name, '%#x has type %s' % (address, self.say(self.address.get(row[2]))))
            if size is not None:
                if row[3] != size and name in SIZE_EXCEPTIONS:
                    excused[name] += 1
                else:
                    sizes.expect(row[3] == size, name, '%#x is %s, getsizeof says %d' % (address, row[3], size))
            if generation is not None or not self.record['gc']['frozen']:
                generations.expect(row[5] == generation, name, '%#x is in %s, not %s' % (address, row[5], generation))
            if address in refcounts:
                counts.expect(row[4] == refcounts[address], name, '%#x has %s, not %d' % (address, row[4], refcounts[address]))
        for name, count in excused.items():
            self.notes.append('sizes: %d of %s differ, as allowed: %s' % (count, name, SIZE_EXCEPTIONS[name]))
        known = self.kind
        for row in self.objects.values():
            if row[5] in (0, 1, 2) and row[0] not in known:
                generations.surplus('?', '%#x in generation %d' % (row[0], row[5]))
        rows = {self.address.get(i): (m, q) for i, m, q in self.db.execute('SELECT id, module, qualname FROM type')}
        for address, (module, name) in self.record['types'].items():
            found = rows.get(address)
            # __module__ may be anything that the class body assigned; qualname is the C string or ht_qualname.
            named.expect(found is not None and found[1] == name, 'type', '%#x is %s, not %s.%s' % (address, found, module, name))

    def references_by_referrer(self):
        cursor = self.db.execute('SELECT referrer_id, referent_id, kind, name, position, confidence FROM reference'
                                 ' ORDER BY referrer_id, ordinal')
        found = collections.defaultdict(list)
        address = self.address
        for referrer, referent, kind, name, position, confidence in cursor:
            found[address.get(referrer)].append((kind, address.get(referent), name, position, confidence))
        return found

    def check_references(self):
        self.references = self.references_by_referrer()
        references = self.measure('references', 'gc.get_referents')
        exactness = self.measure('exact', 'of a list, tuple, dict, set or deque')
        items, pairs = self.measure('items in order'), self.measure('dict entries')
        extra = self.measure('no extra', 'list, tuple, dict, set, deque')
        attributes, slots = self.measure('attributes by name'), self.measure('slots by name')
        cells, weak = self.measure('cells'), self.measure('weak references')
        known = self.kind
        conservative, of_libraries = collections.Counter(), 0
        in_libraries = {a for a, in self.db.execute("SELECT o.address FROM root r JOIN object o ON o.id = r.object_id WHERE r.kind = 'native'")}
        for address, kind, _size, _generation, referents in self.record['objects']:
            name = self.names.get(kind, '?')
            if address not in self.objects:
                continue
            rows = self.references.get(address, ())
            strong = [r for r in rows if r[0] != 'weak']
            have = collections.Counter(r[1] for r in strong)
            for referent, count in collections.Counter(referents).items():
                if referent == kind and not have[referent] and kind in self.objects and self.objects[kind][7] == 'static':
                    continue # 3.14's _hmac visits the type of its module, which nobody counts
                if have[referent] >= count:
                    references.expected += count
                    references.found += count
                else:
                    references.expected += have[referent]
                    references.found += have[referent]
                    if name == 'module' and referent in in_libraries:
                        of_libraries += 1 # _tkinter's of 3.14 visits statics of its library: they are roots of their own
                        continue
                    references.expect(False, name, '%#x -> %s (%d of %d)' % (address, self.say(referent), have[referent], count),
                                      count - have[referent])
            for row in strong:
                if name in ENFORCED_EXTRA and row[4] == 'exact':
                    exactness.expect(True)
                elif row[4] != 'exact':
                    conservative[name] += 1
                    if name in ENFORCED_EXTRA:
                        exactness.expected += 1
                        exactness.surplus(name, '%#x -> %s is conservative' % (address, self.say(row[1])))
        if of_libraries:
            self.notes.append("references of modules to what is a root in their libraries' data: %d" % of_libraries)
        if conservative:
            self.notes.append('conservative references: ' + ', '.join('%s %d' % pair for pair in conservative.most_common(15)))

        for address, expected in self.record['items'].items():
            if address not in self.objects:
                continue
            name = self.name_of(address)
            found = [r[1] for r in self.references.get(address, ()) if r[0] not in ('weak', 'type')]
            mine = collections.Counter(expected)
            surplus = collections.Counter(found) - mine
            if name in ENFORCED_EXTRA:
                extra.expect(not surplus, name, '%#x -> %s' % (address, ', '.join(self.say(a) for a in list(surplus)[:4])))
            in_order = [r[1] for r in self.references.get(address, ()) if r[0] == 'item']
            unordered = name in ('set', 'frozenset')
            good = collections.Counter(in_order) == mine if unordered else in_order == expected
            items.expect(good, name, '%#x: %d items, %d found' % (address, len(expected), len(in_order)))
            if not unordered:
                positions = [r[3] for r in self.references.get(address, ()) if r[0] == 'item']
                items.expect(positions == list(range(len(expected))), name, '%#x: positions %r' % (address, positions[:6]))
        for address, (keys, values) in self.record['dicts'].items():
            if address not in self.objects:
                continue
            rows = self.references.get(address, ())
            found = [r[1] for r in rows if r[0] != 'weak']
            surplus = collections.Counter(found) - collections.Counter(keys + values)
            extra.expect(not surplus, 'dict', '%#x -> %s' % (address, ', '.join(self.say(a) for a in list(surplus)[:4])))
            found_keys = [r[1] for r in rows if r[0] == 'key']
            found_values = [r[1] for r in rows if r[0] == 'value']
            pairs.expect(found_keys == keys and found_values == values, 'dict', '%#x: %d entries, %d keys and %d values found%s' % (
                address, len(keys), len(found_keys), len(found_values),
                ', the order differs' if (collections.Counter(found_keys), collections.Counter(found_values)) ==
                (collections.Counter(keys), collections.Counter(values)) else ''))
            for row, key in zip([r for r in rows if r[0] == 'value'], keys):
                text = key_name(self.record, key)
                if text is not None and len(text) < 200:
                    pairs.expect(row[2] == sql_text(text), 'dict', '%#x: the value of %r is named %r' % (address, text, row[2]))

        for address, expected in self.record['attributes'].items():
            if address not in self.objects:
                continue
            rows = self.references.get(address, ())
            found = {}
            for _kind, referent, _name, _position, _confidence in rows:
                # The attributes may stand behind the instance's own dict.
                if _kind != 'weak' and self.name_of(referent) == 'dict' and _name == '__dict__':
                    for kind2, referent2, name2, *_ in self.references.get(referent, ()):
                        if kind2 == 'value':
                            found[name2] = referent2
            found.update({r[2]: r[1] for r in rows if r[0] == 'attribute' and r[2] != '__dict__'})
            for name, referent in expected.items():
                attributes.expect(found.get(sql_text(name)) == referent, self.name_of(address), '%#x.%s is %s, not %s' % (
                    address, name, self.say(found.get(name)), self.say(referent)))
            for name in set(r[2] for r in rows if r[0] == 'attribute') - set(expected) - {'__dict__'}:
                attributes.surplus(self.name_of(address), '%#x.%s' % (address, name))
        for address, expected in self.record['slots'].items():
            if address not in self.objects:
                continue
            found = {r[2]: r[1] for r in self.references.get(address, ()) if r[0] == 'slot'}
            for name, referent in expected.items():
                slots.expect(found.get(name) == referent, self.name_of(address), '%#x.%s is %s, not %s' % (
                    address, name, self.say(found.get(name)), self.say(referent)))
            for name in set(found) - set(expected):
                slots.surplus(self.name_of(address), '%#x.%s' % (address, name))
        for address, content in self.record['cells'].items():
            if address in self.objects:
                found = [r[1] for r in self.references.get(address, ()) if r[0] != 'weak']
                cells.expect(found == ([] if content is None else [content]), 'cell', '%#x' % address)
        for address, target in self.record['weak'].items():
            if address in self.objects:
                found = [r[1] for r in self.references.get(address, ()) if r[0] == 'weak']
                weak.expect(found == ([] if target is None else [target]), self.name_of(address), '%#x -> %s, not %s' % (
                    address, [self.say(a) for a in found], self.say(target)))

    def check_values(self):
        values = self.measure('values')
        contents = {self.address.get(i): (length, text, cut) for i, length, text, cut in
                    self.db.execute('SELECT object_id, length, text, truncated FROM content')}
        for address, (kind, value) in self.record['values'].items():
            if address not in self.objects:
                continue
            row = contents.get(address)
            if row is None:
                values.expect(False, kind, '%#x: no content, %.40r' % (address, value))
                continue
            length, text, cut = row
            expected = sql_text(value) if kind == 'str' else value
            if kind == 'bytes' and isinstance(text, str) and self.record['version'].startswith('2.'):
                text = text.encode('utf-8')  # a str of Python 2 that is text is shown as such
            good = type(text) is type(expected)
            if good and cut:
                good = expected.startswith(text) and len(text) < len(expected)
            elif good:
                good = text == expected
            if kind in ('str', 'bytes'):
                good = good and length == len(value)
            values.expect(good, kind, '%#x: %.60r (length %s), not %.60r (%d)' % (address, text, length, value, len(value)))

    def variables_of(self, frame_id):
        return {name: self.address.get(i) for name, i in self.db.execute(
            "SELECT name, object_id FROM variable WHERE frame_id = ? AND kind <> 'stack' AND object_id IS NOT NULL", (frame_id,))}

    def check_locals(self, measure, frame_id, expected, where):
        if expected is None:
            return
        found = self.variables_of(frame_id)
        for name, value in expected.items():
            measure.expect(found.get(name) == value, 'frame', '%s: %s is %s, not %s' % (
                where, name, self.say(found.get(name)), self.say(value)))
        for name in set(found) - set(expected):
            measure.surplus('frame', '%s: %s' % (where, name))

    @staticmethod
    def same_code(found, expected):
        """(function, qualname, filename) of the database; no qualname where the interpreter could not be asked."""
        return (found[0] == expected['function'] and found[2] == expected['filename']
                and expected['qualname'] in (None, found[1]))

    def check_stacks(self):
        threads, frames = self.measure('threads'), self.measure('thread frames')
        lines, variables = self.measure('lines'), self.measure('locals')
        rows = {ident: (i, name, native) for i, ident, name, native in
                self.db.execute('SELECT id, ident, name, native_id FROM thread WHERE address IS NOT NULL')}
        for thread in self.record['threads']:
            row = rows.get(thread['ident'])
            # A fork has one thread, so that the child's others have the ids that the interpreter noted, if any.
            natives = (thread['native_id'], self.record['pid'] if thread['main'] else None)
            good = row is not None and row[1] == thread['name'] and row[2] in natives
            threads.expect(good, 'thread', '%s %r is %r' % (thread['name'], thread['native_id'], row))
            if row is None:
                continue
            stack = self.db.execute('SELECT id, depth, function, qualname, filename, line, kind FROM frame'
                                    ' WHERE thread_id = ? ORDER BY depth', (row[0],)).fetchall()
            frames.expect(len(stack) == len(thread['frames']), 'thread', '%s: %d frames, not %d' % (
                thread['name'], len(stack), len(thread['frames'])))
            for depth, expected in enumerate(thread['frames']):
                if depth >= len(stack):
                    frames.expect(False, 'frame', 'depth %d of %s' % (depth, thread['name']))
                    continue
                found = stack[depth]
                where = '%s depth %d %s' % (thread['name'], depth, expected['function'])
                frames.expect(found[1] == depth and self.same_code(found[2:5], expected), 'frame', '%s is %r' % (where, found))
                lines.expect(found[5] == expected['line'], 'frame', '%s: line %r, not %r' % (where, found[5], expected['line']))
                self.check_locals(variables, found[0], expected['locals'], where)
        for ident in set(rows) - {t['ident'] for t in self.record['threads']}:
            threads.surplus('thread', repr(rows[ident]))

    def check_frames(self):
        generators, variables = self.measure('generators'), self.measure('generator locals')
        detached = self.measure('frame objects')
        by_object = collections.defaultdict(list)
        for row in self.db.execute('SELECT object_id, id, kind, function, qualname, filename, line FROM frame WHERE object_id IS NOT NULL'):
            by_object[self.address.get(row[0])].append(row[1:])
        # The frame of a generator stands under the generator.
        self.generator_of = {facts['id']: address for address, (_, facts) in self.record['generators'].items()}
        self.generator_of.update(self.record.get('generator_frames', {}))
        for address, (kind, expected) in self.record['generators'].items():
            if address not in self.objects:
                continue
            found = [r for r in by_object.get(address, ()) if r[1] in ('generator', 'coroutine')]
            good = len(found) == 1 and found[0][1] == kind and self.same_code(found[0][2:5], expected) and found[0][5] == expected['line']
            generators.expect(good, kind, '%#x: %r, not %r' % (address, found, expected))
            if len(found) == 1:
                self.check_locals(variables, found[0][0], expected['locals'], '%#x %s' % (address, expected['function']))
        for address, expected in self.record['frames'].items():
            if address not in self.objects:
                continue
            found = by_object.get(self.generator_of.get(address, address)) or by_object.get(address, ())
            detached.expect(len(found) == 1 and self.same_code(found[0][2:5], expected), 'frame', '%#x: %r, not %r' % (address, found, expected))

    def check_exceptions(self):
        exceptions, tracebacks = self.measure('exceptions'), self.measure('tracebacks')
        variables = self.measure('traceback locals')
        rows = {self.address.get(r[0]): [self.address.get(i) for i in r[1:5]] + [r[5]] for r in self.db.execute(
            'SELECT object_id, type_id, traceback_id, context_id, cause_id, message FROM exception')}
        none = self.none()
        for address, (kind, args, traceback, context, cause, message) in self.record['exceptions'].items():
            if address not in self.objects:
                continue
            found = rows.get(address)
            if found and found[1] in self.record['tracebacks'] and self.record['version'].startswith('2.'):
                traceback = found[1]  # only the thread that handles an exception of Python 2 knows its traceback
            expected = [kind, traceback, context, cause]
            good = found is not None and [None if a == none else a for a in found[:4]] == expected
            if good and message is not None and len(args) == 1 and len(message) < 200:
                good = found[4] == sql_text(message)
            exceptions.expect(good, self.name_of(address), '%#x: %r, not %r' % (address, found, expected))
        rows = {self.address.get(r[0]): r[1:] for r in self.db.execute('SELECT object_id, next_id, frame_id, line FROM traceback')}
        frames = {r[0]: r for r in self.db.execute('SELECT id, function, qualname, filename, object_id FROM frame')}
        for address, (line, frame, following) in self.record['tracebacks'].items():
            if address not in self.objects:
                continue
            found = rows.get(address)
            at = frames.get(found[1]) if found else None
            good = (found is not None and self.address.get(found[0]) == following and found[2] == line and at is not None
                    and self.same_code(at[1:4], frame)
                    and self.address.get(at[4]) in (frame['id'], self.generator_of.get(frame['id'])))
            tracebacks.expect(good, 'traceback', '%#x: %r %r, not line %r of %r, next %s' % (
                address, found, at, line, frame['function'], self.say(following)))
            if at is not None and frame['id'] in self.record['frames']:
                self.check_locals(variables, at[0], frame['locals'], '%#x %s' % (address, frame['function']))

    def none(self):
        for address, kind in self.kind.items():
            if self.names.get(kind) == 'NoneType':
                return address
        return None

    def check_collector(self):
        collector = self.measure('collector', 'thresholds, counts')
        rows = {g: (t, c, n) for g, t, c, n in self.db.execute(
            'SELECT generation, threshold, count, objects FROM gc_generation ORDER BY interpreter_id DESC')}
        facts = self.record['gc']
        for generation in range(3):
            row = rows.get(generation)
            if row is None:
                collector.expect(False, 'gc', 'generation %d is missing' % generation)
                continue
            collector.expect(row[0] == facts['threshold'][generation], 'gc', 'threshold %d is %r' % (generation, row[0]))
            # Asking for the count makes a tuple; the record was made a call later.
            slack = 25 if generation == 0 else 0
            collector.expect(row[1] is not None and abs(row[1] - facts['count'][generation]) <= slack, 'gc', 'count %d is %r, not %r' % (
                generation, row[1], facts['count'][generation]))
            collector.expect(row[2] == facts['objects'][generation], 'gc', 'objects in %d: %r, not %r' % (
                generation, row[2], facts['objects'][generation]))
        if facts['frozen']:
            frozen = rows.get(3)
            collector.expect(frozen is not None and frozen[2] == facts['frozen'], 'gc', 'frozen: %r, not %d' % (frozen, facts['frozen']))

    def check_pools(self):
        pools = self.measure('obmalloc by size')
        rows = {size: tuple(rest) for size, *rest in self.db.execute(
            'SELECT block_size, count(*), sum(used_blocks), sum(free_blocks + untouched_blocks) FROM pool'
            ' WHERE used_blocks > 0 GROUP BY block_size')}
        for size, (count, used, free) in self.record['pools'].items():
            if not rows:
                continue
            pools.expect(rows.get(size) == (count, used, free), '%d' % size, '%r, not %r' % (rows.get(size), (count, used, free)))

    def check_malloc(self):
        """malloc_info(3) of the parent at the fork: what lies in bins (top included), fastbins and mappings of its own; then
        all the same arena by arena, with every bin."""
        said = self.record.get('malloc')
        if not said or self.c_allocator != 'glibc':
            return
        totals = self.measure('malloc_info')
        for name, states in (('fast', ('fastbin',)), ('rest', ('free', 'top')), ('mmap', ('mmapped',))):
            if name not in said:
                continue
            count, size, free = self.db.execute(
                "SELECT count(*), coalesce(sum(size), 0), count(*) FILTER (WHERE state = 'free') FROM chunk WHERE state IN (%s)"
                % ', '.join('?' * len(states)), states).fetchone()
            totals.expect(count == said[name][0] and malloc_check.flags_fit(said[name][1], size, free), name,
                          '%d chunks of %d bytes, malloc_info says %r' % (count, size, said[name]))
        malloc_check.run(self)

    def check_counts(self):
        """No reference was invented: of no object fewer are counted than were found. What is counted and not found is little,
        and is all explained but for what C code keeps in memory of its own."""
        measure = self.measure('counted as found')
        measure.expected = measure.found = len(self.objects)
        for address, name, count, surplus in self.db.execute(
                "SELECT o.address, t.qualname, a.refcount, a.surplus FROM refcount_audit a JOIN object o ON o.id = a.object_id "
                "JOIN type t ON t.id = o.type_id WHERE a.surplus < 0"):
            measure.expected -= 1
            measure.found -= 1
            measure.expect(False, name, '%#x counts %d references, %d fewer than were found' % (address, count, -surplus))
        unexplained = collections.Counter()
        for name, count in self.db.execute(
                "SELECT t.qualname, count(*) FROM refcount_audit a JOIN object o ON o.id = a.object_id JOIN type t ON t.id = o.type_id "
                "WHERE a.surplus > a.guesses + a.words GROUP BY 1"):
            unexplained[name] += count
        if unexplained:
            self.notes.append('counted higher, and not explained: %d: %s' % (sum(unexplained.values()), ', '.join(
                '%s %d' % pair for pair in unexplained.most_common(8))))
        lost, = self.db.execute("SELECT count(*) FROM object WHERE NOT reachable AND id NOT IN (SELECT object_id FROM cycle_member)").fetchone()
        measure.expect(not lost, 'object', '%d objects hang on nothing' % lost)

    def check_dead(self):
        dead = self.measure('freed and not listed')
        for address, name in self.record['freed']:
            if address and address not in self.kind:
                row = self.objects.get(address)
                dead.expect(row is None, name, '%#x is listed as %s' % (address, row and self.names.get(self.address.get(row[2]))))
        unknown = collections.Counter()
        refcount_zero = self.measure('nothing with refcount 0')
        for row in self.objects.values():
            refcount_zero.expect(row[4] is None or row[4] > 0, 'object', '%#x' % row[0])
            if row[0] not in self.kind:
                unknown[(self.names.get(self.address.get(row[2]), '?'), row[7])] += 1
        if unknown:
            self.notes.append('objects that only the database knows: %d: %s' % (sum(unknown.values()), ', '.join(
                '%s in %s %d' % (name, storage, count) for (name, storage), count in unknown.most_common(15))))

    def check_reachable(self):
        reachable = self.measure('reachable', 'from modules and frames')
        referents = {o[0]: o[4] for o in self.record['objects']}
        stack = list(self.record['modules'].values())
        for thread in self.record['threads']:
            for frame in thread['frames']:
                stack.extend((frame['locals'] or {}).values())
        seen = set()
        while stack:
            address = stack.pop()
            if address not in seen and address in referents:
                seen.add(address)
                stack.extend(referents[address])
        for address in seen:
            if address in self.objects:
                reachable.expect(self.objects[address][6] == 1, self.name_of(address), '%#x is %r' % (address, self.objects[address][6]))

    def check_garbage(self):
        """The cycles that gc.collect() found afterwards in the parent, and nothing else that it tracks."""
        if 'unreachable' not in self.record: # an older corpus
            return
        garbage = self.measure('garbage')
        found = {address for address, in self.db.execute(
            'SELECT o.address FROM cycle_member m JOIN object o ON o.id = m.object_id WHERE NOT m.hanging')}
        known = {address for address in self.record['unreachable'] if address in self.objects}
        for address in known | set(self.record['garbage']) & set(self.objects):
            garbage.expect(address in found, self.name_of(address), '%#x is no member of a cycle' % address)
        for address in found - known:
            garbage.surplus(self.name_of(address), '%#x is a member of a cycle' % address)
        for address in found:
            garbage.expect(self.objects[address][6] == 0, self.name_of(address), '%#x is called reachable' % address)

    def check_finalizers(self):
        """What the collection ran afterwards in the parent: finalizers (2.7 keeps those that are in a cycle, and does not
        run them) and callbacks of weak references."""
        record = self.record
        if 'ran' not in record: # an older corpus
            return
        finalizers, callbacks, kept = self.measure('finalizers'), self.measure('callbacks'), self.measure('uncollectable')
        old = record['hexversion'] < 0x3000000
        ran = set(record['finalized']) - set(record['finalized_before']) | set(record['ran'])
        ran = (ran - set(record['idle'])) & set(self.objects)
        known = set(record['unreachable']) & set(self.objects)
        stuck = set(record['uncollectable']) & known
        rows = self.db.execute(
            'SELECT o.address, f.kind, fo.address, w.address, f.stuck FROM finalizer f JOIN object o ON o.id = f.object_id'
            ' LEFT JOIN object fo ON fo.id = f.function_id LEFT JOIN object w ON w.id = f.weakref_id').fetchall()
        found = {row[0]: row for row in rows if row[1] != 'callback'}
        for address in ran:
            name, row = self.name_of(address), found.get(address)
            finalizers.expect(row is not None, name, '%#x has nothing to run' % address)
            if row is None:
                continue
            method = record['methods_del'].get(address)
            kind = 'generator' if name in GENERATORS else 'native' if method is None else '__del__'
            finalizers.expect(row[1] == kind and row[2] == method and row[4] == (address in stuck), name,
                              '%#x: %r, not %r' % (address, row[1:], (kind, method, None, address in stuck)))
        survivors = set(record['garbage_after'])
        for address in set(found) - ran:
            # Else the finalizer of another may have freed it.
            if address in survivors or found[address][4] or record['heap'] == 'finalizers':
                finalizers.surplus(self.name_of(address), '%#x: %r' % (address, found[address][1:]))
        members = {row[0]: row[1] for row in self.db.execute(
            'SELECT o.address, m.hanging FROM cycle_member m JOIN object o ON o.id = m.object_id WHERE m.uncollectable')}
        for address in stuck:
            kept.expect(address in members, self.name_of(address), '%#x is not' % address)
        for address, hanging in members.items():
            if address not in stuck and not hanging:
                kept.surplus(self.name_of(address), '%#x is' % address)

        called = set(record['called'])
        expected = {wr: target for wr, target in record['callbacks'].items()
                    if target in known - stuck and wr not in known and wr in self.objects}
        found = {row[3]: row for row in rows if row[1] == 'callback'}
        for address in called | set(expected):
            callbacks.expect(address in found, self.name_of(address), '%#x would not be called' % address)
            if address in expected and address in found:
                callbacks.expect(found[address][0] == expected[address], self.name_of(address),
                                 '%#x is of %#x, not %#x' % (address, found[address][0], expected[address]))
        for address, row in found.items():
            if address not in called and (address not in expected if not old else row[2] == record['callback']):
                callbacks.surplus(self.name_of(address), '%#x of %#x' % (address, row[0]))

    def check_sanity(self):
        sane = self.measure('database')
        for question in (
                'SELECT count(*) FROM (SELECT id, row_number() OVER (ORDER BY address) AS n FROM object) WHERE id <> n',
                'SELECT count(*) FROM reference_row WHERE referent_id NOT IN (SELECT id FROM object)',
                'SELECT count(*) FROM reference_row WHERE referrer_id NOT IN (SELECT id FROM object)',
                'SELECT count(*) FROM object WHERE type_id IS NOT NULL AND type_id NOT IN (SELECT id FROM type)',
                'SELECT count(*) FROM variable WHERE frame_id NOT IN (SELECT id FROM frame)',
                'SELECT count(*) FROM object WHERE reachable = 1 AND root_distance > 0 AND parent_id IS NULL',
                'SELECT count(*) FROM object WHERE (reachable = 1) <> (root_id IS NOT NULL)',
                'SELECT count(*) FROM object o LEFT JOIN root r ON r.id = o.root_id WHERE o.root_distance = 0 AND'
                ' r.object_id IS NOT o.id',
                'SELECT count(*) FROM object o JOIN object p ON p.id = o.parent_id WHERE o.root_distance <>'
                ' p.root_distance + 1 OR o.root_id <> p.root_id',
                'SELECT count(*) FROM object o WHERE parent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM reference_row'
                ' WHERE referrer_id = o.parent_id AND referent_id = o.id)',
                'SELECT (SELECT sum(retained_size) FROM object WHERE dominator_id IS NULL) -'
                ' (SELECT sum(footprint) FROM object WHERE reachable = 1)',
                'SELECT count(*) FROM object WHERE reachable = 1 AND retained_size IS NULL',
                'SELECT (SELECT sum(bytes) FROM ledger) - (SELECT sum("end" - start) FROM mapping)',
                "SELECT (SELECT sum(footprint) FROM object) - (SELECT sum(bytes) FROM block_owner WHERE owner IN"
                " ('object', 'buffer', 'c memory')) - (SELECT coalesce(sum(footprint), 0) FROM object WHERE chunk_id IN"
                " (SELECT id FROM chunk WHERE owner = 'numbers'))", # 2.7: many to a chunk
                'SELECT count(*) FROM arena a WHERE used_bytes > 0 AND used_bytes < size / 4 AND used_bytes <>'
                ' (SELECT coalesce(sum(bytes), 0) FROM pin WHERE arena_id = a.id) AND (SELECT count(*) FROM pin) < 100000',
                'SELECT count(*) FROM arena WHERE pinned_by IS NOT NULL AND pinned_by NOT IN (SELECT object_id FROM pin'
                ' WHERE arena_id = arena.id AND object_id IS NOT NULL)',
                "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"):
            try:
                count = self.db.execute(question).fetchone()[0]
            except sqlite3.Error as error:
                count = error
            sane.expect(count == 0, 'database', '%s: %s' % (question, count))
        for allocator, least in (('obmalloc', 90 if self.alone else 99), ('malloc', 80 if self.alone else 95)):
            used, known = self.db.execute(
                "SELECT coalesce(sum(bytes), 0), coalesce(sum(bytes) FILTER (WHERE owner NOT IN ('unknown', 'thread')), 0)"
                " FROM block_owner WHERE allocator = ?", (allocator,)).fetchone()
            if used:
                share = 100 * known / used
                self.notes.append('%s: %.2f %% of %d used bytes have an owner' % (allocator, share, used))
                sane.expect(share >= least, 'attribution', '%s: %.2f %%' % (allocator, share))
        anomalies = self.db.execute(
            "SELECT kind, count(*), min(message) FROM anomaly WHERE ? = 'glibc' OR kind <> 'no-malloc' OR message NOT LIKE ? || ' takes %'"
            ' GROUP BY kind', (self.c_allocator, self.c_allocator)).fetchall()
        for kind, count, message in anomalies:
            if kind in self.provoked:
                continue
            sane.surplus('anomaly', '%s %d (%s)' % (kind, count, message), count)

    def report(self, out, verbose=True):
        print('  %-26s %9s %9s %8s %8s' % ('measure', 'expected', 'found', 'missing', 'extra'), file=out)
        for m in self.measures:
            if m.name in self.unasked:
                continue
            print('  %-26s %9d %9d %8d %8d%s' % (m.name, m.expected, m.found, m.missing, m.extra, '  <--' if m.failed else ''), file=out)
        for name, reason in self.unasked.items():
            print('  %-26s not asked: %s' % (name, reason), file=out)
        for m in self.measures:
            if not m.failed:
                continue
            print('\n  %s: what is wrong, by type' % m.name, file=out)
            for kind, count in m.by_type.most_common(None if verbose else EXAMPLES):
                print('    %-40s %7d  %s' % (kind, count, '; '.join(m.examples[kind])[:600]), file=out)
        for note in self.notes:
            print('  note: ' + note, file=out)
        return not any(m.failed for m in self.measures)
