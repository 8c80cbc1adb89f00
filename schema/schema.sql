-- The database that `exuvia load` writes: its version is PRAGMA user_version. CONTRACT section 2 fixes the names; what stands here beyond
-- it is marked (+). Addresses are integers as in the process: printf('%#x', address). Sizes are bytes. NULL: not known.
-- Ids are dense from 1 in address order.

-- One fact a row: schema_version, exuvia_version, input_name, input_bytes, input_format ('gcore', 'kernel', with '+zstd',
-- '+gzip', '+xz', '+lz4' when compressed; 'pack', 'snapshot'), packed_name, packed_bytes, packed_format, packed_by (+: what a pack was made from, and by which
-- exuvia), arch, python_version, python_build, layout_source, layout_detail (+), allocator, c_allocator (+: whose
-- malloc serves), pid, signal, executable, arguments, load_seconds, objects (+), references (+), lost_bytes (+), input_mtime_ns (+), sandbox (+: what
-- the core was parsed in: 'seccomp, landlock 2', 'none: the kernel offers neither'), snapshot_time, snapshot_pause_us, snapshot_torn (+: seconds since 1970 when a snapshot
-- was taken, microseconds that the process stood still, 1: it ran meanwhile), resident_bytes, swapped_bytes,
-- c_library, c_allocator_version (+: 'glibc 2.36 (Debian GLIBC 2.36-9+deb12u9)', and which release of a library that can take
-- malloc's place is loaded: 'jemalloc 5.3.0-...'; as their constants say it),
-- systemd_pid, systemd_uid, systemd_gid, systemd_signal, systemd_timestamp, systemd_time, systemd_rlimit, systemd_comm,
-- systemd_exe, systemd_hostname, systemd_cmdline, systemd_cgroup, systemd_unit, systemd_package_name, systemd_package_version
-- (+: what systemd-coredump wrote down about a core that it stored, in its name, its attributes and the journal; the timestamp
-- in microseconds since 1970),
-- python_package, executable_package (+: what table package says of the interpreter's file and of the program: 'python3.12
-- 3.12.1-2.fc39 (rpm)'), resident_peak_bytes (+: of a snapshot: what of the process is in memory and in swap, and the most that ever was in memory),
-- namespace_pid (+: what getpid() says in its container, where pid is another number), cgroup, cgroup_memory_max,
-- cgroup_memory_high, cgroup_memory_current, cgroup_memory_peak, cgroup_swap_max, cgroup_swap_current (+: of a snapshot: the
-- control group that holds the process and allows the least, what it allows and uses, in bytes; 'max': no limit) ...
CREATE TABLE meta(
  key TEXT PRIMARY KEY,        -- see above; what is not known has no row or NULL
  value                        -- bytes, counts and ids as integers, the rest as text
) WITHOUT ROWID;

-- The address space: one row for each mapping of the process.
CREATE TABLE mapping(
  id INTEGER PRIMARY KEY,      -- in address order
  start INTEGER NOT NULL,      -- address
  "end" INTEGER NOT NULL,      -- the first address behind it
  perms TEXT,                  -- 'rw-'; never NULL
  file_offset INTEGER,         -- bytes: where in the file `start` lies; NULL: no file
  path TEXT,                   -- NULL: anonymous
  build_id TEXT,               -- of the ELF file mapped there, hex; NULL: no ELF file, or it has none
  kind TEXT,                   -- heap | stack | bss | anonymous | file | vdso
  dumped_bytes INTEGER,        -- bytes of it that are in the core; 0: nothing
  backing TEXT,                -- core | file | absent: where the rest is read from
  resident_bytes INTEGER,      -- (+) bytes of it in memory, as the kernel counted them right after a snapshot; NULL: the input does
                               -- not say, or the mapping had changed by then
  swapped_bytes INTEGER        -- (+) bytes of it in swap; NULL: as resident_bytes
);

-- Every live object.
CREATE TABLE object(
  id INTEGER PRIMARY KEY,      -- in address order
  address INTEGER NOT NULL,    -- of its PyObject, as id() says
  type_id INTEGER,             -- object.id of the type object; NULL: not read
  shallow_size INTEGER,        -- bytes: what sys.getsizeof says in that process; NULL: it can't be told
  footprint INTEGER,           -- bytes that the allocators spent on it, its own buffers included; NULL: none
                               -- (static objects)
  refcount INTEGER,            -- as in its head: immortal ones (3.12+) have a huge one; NULL: not read
  generation INTEGER,          -- 0..2, 3 = permanent (gc.freeze), NULL = in no collector's list
  reachable INTEGER,           -- 1: from a root; 0: not
  dominator_id INTEGER,        -- object.id: the last object that every way from a root passes; NULL: there is none, or unreachable
  retained_size INTEGER,       -- bytes: footprint of what would go with it, itself included; NULL: unreachable
  retained_count INTEGER,      -- how many objects that are, itself included; NULL: unreachable
  root_distance INTEGER,       -- references from the nearest root; 0: a root itself; NULL: unreachable
  parent_id INTEGER,           -- object.id: next step of a shortest path to a root; NULL: a root itself, or unreachable
  storage TEXT,                -- where it lies: pool | malloc | mmap | static | unknown
  pool_id INTEGER,             -- pool.id; NULL: its storage is another
  chunk_id INTEGER,            -- chunk.id; NULL: in no chunk of its own, or not known
  length INTEGER,              -- (+) len() of containers, str and bytes; NULL: it has none, or it was not read
  capacity INTEGER,            -- (+) list: the items that it has room for; dict: the entries, those of deleted keys included;
                               -- set and frozenset: the places of its table; NULL: others, or it was not read
  shared_keys INTEGER,         -- (+) dict: 1 when it shares its keys with those of other instances (PEP 412), 0 when they are
                               -- its own; NULL: no dict, or a version without that (2.7)
  root_id INTEGER              -- (+) root.id: where the shortest path by parent_id ends, so root.kind says which kind of root
                               -- reaches it; NULL: unreachable
);

-- Every type; the type objects are rows of object, too.
CREATE TABLE type(
  id INTEGER PRIMARY KEY,      -- object.id of the type object
  module TEXT,                 -- __module__; 'builtins' in 2.7, too; NULL: not known
  qualname TEXT,               -- __qualname__; in 2.7 __name__; NULL: not known
  basicsize INTEGER,           -- bytes of an instance: tp_basicsize
  itemsize INTEGER,            -- bytes of an item, where instances differ in length: tp_itemsize; else 0
  flags INTEGER,               -- tp_flags
  base_id INTEGER,             -- object.id: tp_base; NULL: it has none (object)
  heap INTEGER,                -- 1: made at run time, 0: a static type
  retained INTEGER             -- (+) bytes: what all its instances together retain; see retained_group
);

-- (+) Constant names of references: C fields and the like.
CREATE TABLE name(
  id INTEGER PRIMARY KEY,      -- reference_row.name_id is -id
  text TEXT NOT NULL           -- the name
);

-- (+) The references as stored; read them through the view `reference`.
CREATE TABLE reference_row(
  referrer_id INTEGER NOT NULL, -- object.id: who refers
  ordinal INTEGER NOT NULL,    -- 0.. in the order of the object's walk
  referent_id INTEGER NOT NULL, -- object.id: to whom
  kind INTEGER NOT NULL,       -- 1 item 2 key 3 value 4 attribute 5 slot 6 field 7 local 8 cell 9 stack 10 type 11 native 12 weak
  name_id INTEGER,             -- > 0: content.object_id of the str that names it; < 0: -name.id; NULL: no name
  position INTEGER,            -- index of an item, key, value ...; offset in bytes of a conservative one; NULL: neither
  confidence INTEGER NOT NULL, -- 0 exact, 1 conservative
  PRIMARY KEY(referrer_id, ordinal)
) WITHOUT ROWID;

-- Columns as in reference_row, kind, name and confidence as text.
CREATE VIEW reference AS
  SELECT referrer_id, ordinal, referent_id,
         CASE kind WHEN 1 THEN 'item' WHEN 2 THEN 'key' WHEN 3 THEN 'value' WHEN 4 THEN 'attribute' WHEN 5 THEN 'slot'
                   WHEN 6 THEN 'field' WHEN 7 THEN 'local' WHEN 8 THEN 'cell' WHEN 9 THEN 'stack' WHEN 10 THEN 'type'
                   WHEN 11 THEN 'native' WHEN 12 THEN 'weak' END AS kind,
         CASE WHEN name_id > 0 THEN (SELECT text FROM content WHERE object_id = name_id)
              WHEN name_id < 0 THEN (SELECT text FROM name WHERE id = -name_id) END AS name,
         position,
         CASE confidence WHEN 0 THEN 'exact' ELSE 'conservative' END AS confidence
  FROM reference_row;

-- int, float, bool, str, bytes: the value, or its first part. The only place with the process's data.
CREATE TABLE content(
  object_id INTEGER PRIMARY KEY, -- object.id
  length INTEGER,              -- len(): code points of a str, bytes of bytes; NULL for numbers
  text,                        -- TEXT as Python's str() (lone surrogates as \udXXX); a BLOB for bytes
                               -- (2.7: for a str that is no text); never NULL
  truncated INTEGER,           -- 1: text is only the first part; 0: it is all
  hash INTEGER                 -- (+) of a str or bytes: XXH64 of all of its data, the same for the same content of the same type;
                               -- NULL: a number, or a part of it is not in the core
);

-- What keeps objects alive from outside the heap.
CREATE TABLE root(
  id INTEGER PRIMARY KEY,      -- counts from 1
  object_id INTEGER NOT NULL,  -- object.id; one object may be several roots
  kind TEXT NOT NULL,          -- frame | module | interpreter | thread | exception | static | interned | native_stack | native
  name TEXT,                   -- local variable, module, field, register or symbol; NULL: it has none
  thread_id INTEGER,           -- thread.id; NULL: no thread's
  frame_id INTEGER             -- frame.id, of a variable; NULL: no frame's
);

-- The threads of the process.
CREATE TABLE thread(
  id INTEGER PRIMARY KEY,      -- counts from 1, those that Python knows first
  interpreter_id INTEGER,      -- 0: the main one; NULL: a thread that Python does not know
  address INTEGER,             -- of the PyThreadState; NULL: a thread that Python does not know
  ident INTEGER,               -- threading.get_ident()
  native_id INTEGER,           -- the kernel's thread id, from 3.11 on as Python noted it where the core has no such thread;
                               -- NULL: not known
  name TEXT,                   -- threading.Thread.name; NULL: not known
  holds_gil INTEGER,           -- 1: it runs Python; 0: it does not; never NULL
  ended INTEGER                -- (+) 1: Python still has its state, but the core has no such thread: it ended without telling
                               -- Python, or before a fork; 0: it is there; never NULL
);

-- Python frames: on threads' stacks (depth 0 = innermost), of suspended generators, of tracebacks.
CREATE TABLE frame(
  id INTEGER PRIMARY KEY,      -- counts from 1
  thread_id INTEGER,           -- thread.id; NULL for those not on a thread's stack
  depth INTEGER,               -- 0: the innermost of the thread; NULL with thread_id
  kind TEXT,                   -- thread | generator | coroutine | traceback | detached (+: alive, in none of these)
  object_id INTEGER,           -- object.id: the frame object, or the generator whose frame it is; NULL: none was made
  code_id INTEGER,             -- object.id of its code; NULL: not among the objects
  function TEXT,               -- co_name; NULL: not read
  qualname TEXT,               -- co_qualname; NULL: not read, or before 3.11, which has none
  filename TEXT,               -- co_filename; NULL: not read
  line INTEGER                 -- where it stands; NULL: not known
);

-- Locals of frames, and what stands on their evaluation stacks.
CREATE TABLE variable(
  frame_id INTEGER NOT NULL,   -- frame.id
  name TEXT,                   -- NULL: a place of the stack, or it was not read
  kind TEXT,                   -- argument | local | cell | free | stack
  object_id INTEGER            -- object.id; of a cell or free variable: what the cell holds; NULL: unbound
);

-- Instances of BaseException.
CREATE TABLE exception(
  object_id INTEGER PRIMARY KEY, -- object.id
  type_id INTEGER,             -- object.id of its type
  message TEXT,                -- str() of its first argument, where that is plain; NULL: it is not, or there is none
  traceback_id INTEGER,        -- traceback.object_id: __traceback__, in 2.7 that of the thread that handles it; NULL: none
  context_id INTEGER,          -- object.id: __context__; NULL: none
  cause_id INTEGER             -- object.id: __cause__; NULL: none
);

-- Traceback objects, each an entry of a traceback.
CREATE TABLE traceback(
  object_id INTEGER PRIMARY KEY, -- object.id
  next_id INTEGER,             -- object.id: tb_next, nearer to where it was raised; NULL: the last
  frame_id INTEGER,            -- frame.id of tb_frame; NULL: not read
  line INTEGER                 -- tb_lineno, not that of the frame; NULL: not known
);

-- Sequences of str/bytes pieces: StringIO's accumulator, plain lists of >= 16 pieces, deques; BytesIO as one piece.
CREATE TABLE chunk_list(
  object_id INTEGER,           -- object.id: what holds the pieces: the list, deque, StringIO or BytesIO
  holder_id INTEGER,           -- object.id: the object that owns it, or itself
  kind TEXT,                   -- list | deque | stringio | cstringio (2.7) | bytesio
  pieces INTEGER,              -- how many, one that is there twice counted twice
  bytes INTEGER,               -- shallow bytes of the distinct pieces
  piece_size INTEGER           -- the commonest length in characters or bytes
);

-- (+) Generators, coroutines and asynchronous generators that have not ended, with what they wait for, and the objects
-- that stand between (a coroutine_wrapper, an async_generator_asend, a FutureIter ...). An await chain goes from row to row.
CREATE TABLE awaiting(
  object_id INTEGER PRIMARY KEY, -- object.id
  state TEXT,                  -- created | suspended | running; NULL: an object that stands between
  awaited_id INTEGER           -- object.id: cr_await, ag_await, gi_yieldfrom; what an object between drives; NULL: nothing
);

-- (+) asyncio's futures and tasks; read the tasks through the view `task`.
CREATE TABLE future(
  object_id INTEGER PRIMARY KEY, -- object.id
  task INTEGER NOT NULL,       -- 1: a task; 0: a future
  state TEXT,                  -- pending | running (a task whose coroutine executes) | cancelled | done; NULL: not known
  name TEXT,                   -- of a task (3.8+); NULL: no task, or it has no name yet
  coroutine_id INTEGER,        -- object.id, of a task: the outermost one; NULL when it is done, and of a future
  waiter_id INTEGER            -- object.id, of a task: the future that it waits for; NULL: none
);
CREATE VIEW task AS
  SELECT object_id, name, state, coroutine_id, waiter_id FROM future WHERE task;

-- (+) Whom a future wakes when it is done.
CREATE TABLE wakeup(
  object_id INTEGER NOT NULL,  -- object.id: the future
  woken_id INTEGER,            -- object.id: a task, or the future that somebody else waits for; NULL: run_until_complete returns
  how TEXT                     -- await | gather | shield | wait | wait_for | group | loop
);

-- (+) What would be freed if all of a group went: the footprint of the objects that no way from a root reaches without
-- passing a member of it. What two members hold counts, what they hold of each other counts once; groups overlap, so
-- sums over them say nothing. Read it through the view `retained_group`. The groups, by kind:
--   type        all instances of a type
--   module      a module and its dict (functions that others imported keep the dict without the module)
--   thread      the thread's stack and state: what its end would free
--   frame       on a thread's stack: the frame and its frame object, if it has one. Of the others (generators, tracebacks)
--               the object that has the frame, as in object.retained_size
--   exception, traceback   the object, as in object.retained_size
CREATE TABLE retained_row(
  kind TEXT NOT NULL,          -- as above
  id INTEGER NOT NULL,         -- thread.id, frame.id; of the other kinds object.id
  bytes INTEGER NOT NULL,      -- what would be freed
  objects INTEGER NOT NULL     -- how many objects that are
);
CREATE VIEW retained_group AS
  SELECT kind, id,
         CASE kind
           WHEN 'type' THEN (SELECT CASE WHEN module IS NULL OR module = 'builtins' THEN qualname
                                         ELSE module || '.' || qualname END FROM type t WHERE t.id = g.id)
           WHEN 'module' THEN
             coalesce((SELECT name FROM root r WHERE r.object_id = g.id AND r.kind = 'module' AND name IS NOT NULL
                       ORDER BY r.id LIMIT 1),
                      (SELECT c.text FROM reference d JOIN reference v ON v.referrer_id = d.referent_id
                         JOIN content c ON c.object_id = v.referent_id
                       WHERE d.referrer_id = g.id AND d.name = '__dict__' AND v.kind = 'value' AND v.name = '__name__'
                       LIMIT 1))
           WHEN 'thread' THEN (SELECT name FROM thread t WHERE t.id = g.id)
           WHEN 'frame' THEN (SELECT coalesce(qualname, function) FROM frame f WHERE f.id = g.id)
           WHEN 'exception' THEN (SELECT CASE WHEN t.module IS NULL OR t.module IN ('builtins', 'exceptions') THEN t.qualname
                                              ELSE t.module || '.' || t.qualname END
                                  FROM exception e JOIN type t ON t.id = e.type_id WHERE e.object_id = g.id)
           WHEN 'traceback' THEN (SELECT coalesce(f.qualname, f.function)
                                  FROM traceback b JOIN frame f ON f.id = b.frame_id WHERE b.object_id = g.id)
         END AS name,
         bytes, objects
  FROM retained_row g;

-- The collector's generations.
CREATE TABLE gc_generation(
  interpreter_id INTEGER,      -- 0: the main one (before 3.9 there is one collector for all)
  generation INTEGER,          -- 0..2, 3 = permanent (gc.freeze)
  threshold INTEGER,           -- gc.get_threshold(): of 0 in objects, of the others in collections of the one before
  count INTEGER,               -- gc.get_count(), in the same units
  objects INTEGER,             -- how many are in it
  bytes INTEGER                -- shallow ones of these (object.shallow_size)
);

-- (+) The collector of an interpreter (before 3.9 there is one for all: the row is the main interpreter's).
CREATE TABLE collector(
  interpreter_id INTEGER,      -- thread.interpreter_id, gc_generation.interpreter_id
  enabled INTEGER,             -- gc.isenabled(): 1, 0; NULL: its place is not known (a stripped interpreter before 3.7)
  collecting INTEGER,          -- 1: a collection was under way, 0: none, or its place is not known
  long_lived_total INTEGER,    -- objects that survived the last collection of the oldest generation; NULL as enabled
  long_lived_pending INTEGER,  -- objects that came into the oldest since; a quarter of the total is needed before it is
                               -- collected; NULL as enabled
  garbage_id INTEGER,          -- object.id of the list gc.garbage; NULL as enabled, or no list was made yet
  callbacks_id INTEGER         -- object.id of the list gc.callbacks; NULL as garbage_id, and in 2.7, which has none
);

-- (+) What a full collection would find unreachable: groups of objects that are connected, held by nothing outside. The
-- order is that of their lowest objects.
CREATE TABLE cycle(
  id INTEGER PRIMARY KEY,      -- counts from 1
  objects INTEGER,             -- how many it has: members that the collector finds, and what hangs on them alone
  bytes INTEGER,               -- footprint of these
  generation INTEGER,          -- 0..2, the oldest of its members: its collection frees them all
  object_id INTEGER            -- the member that says most: an exception, a frame, an instance ...; never NULL
);
-- (+) A shortest way round in it: the last step refers to the first. A cycle has no rows when its way has more than 64
-- steps, or none was found (within 100,000 references from each of 17 members).
CREATE TABLE cycle_step(
  cycle_id INTEGER NOT NULL,   -- cycle.id
  ordinal INTEGER NOT NULL,    -- 0.. along the way
  object_id INTEGER NOT NULL,  -- it refers to the object of the next step
  PRIMARY KEY(cycle_id, ordinal)
) WITHOUT ROWID;
-- (+) Every object of every cycle.
CREATE TABLE cycle_member(
  object_id INTEGER PRIMARY KEY, -- object.id
  cycle_id INTEGER NOT NULL,   -- cycle.id
  hanging INTEGER NOT NULL,    -- 1: the collector does not find it unreachable itself; it goes when the others go
  uncollectable INTEGER NOT NULL -- 1: no collection frees it (2.7: the way round has an object with a __del__, or a generator
                               -- within a try block; later only with C types that have tp_del), nor what hangs on it
);

-- (+) What has yet to run before the members of unreachable cycles go: a row for each finalizer that was not called, and
-- for each callback of a weak reference that outlives its referent. (A weak reference in such a cycle itself is cleared
-- without a call.)
CREATE TABLE finalizer(
  object_id INTEGER NOT NULL,  -- the member
  cycle_id INTEGER NOT NULL,   -- cycle.id
  kind TEXT NOT NULL,          -- __del__ | generator (suspended: it is closed, what its try and with blocks have runs; in
                               -- 2.7 only one within such a block; or a coroutine never awaited: it warns) | native (a C
                               -- type's: a file is closed ...) | callback
  function_id INTEGER,         -- what __del__ is, or the callback; NULL: C code, or a generator's own
  weakref_id INTEGER,          -- of a callback: the weak reference; NULL for the others
  stuck INTEGER NOT NULL       -- 1: it never runs, the object is uncollectable; the next collection puts it into gc.garbage
);

-- obmalloc's arenas, in address order. None where another allocator serves objects (meta.allocator).
CREATE TABLE arena(
  id INTEGER PRIMARY KEY,      -- counts from 1
  address INTEGER,             -- as mapped; the first pool begins at the next multiple of the pool size
  size INTEGER,                -- bytes mapped: 256 KiB, from 3.10 on 1 MiB
  pools INTEGER,               -- how many fit into it
  free_pools INTEGER,          -- of them empty, or never used
  used_bytes INTEGER,          -- in used blocks, each as large as its size class
  pinned_by INTEGER            -- object.id of the one that has the most bytes in it, see pin; NULL: the arena is at least a
                               -- quarter full, or what is left in it is no object's
);
-- Its pools, in address order. Of those never used the arena has only the number.
CREATE TABLE pool(
  id INTEGER PRIMARY KEY,      -- counts from 1
  arena_id INTEGER,            -- arena.id
  address INTEGER,             -- of its header; the first block lies behind that
  block_size INTEGER,          -- bytes of a block; 0: empty, serves no size class (its counts are 0, too)
  blocks INTEGER,              -- that it has room for: the sum of the three below
  used_blocks INTEGER,         -- in use
  free_blocks INTEGER,         -- used once, free now
  untouched_blocks INTEGER     -- never used since the pool got its size class
);

-- (+) What keeps arenas that are less than a quarter full: whose blocks are left in them, a row an owner. An arena goes back
-- to the operating system when its last block is freed. At most 100,000 rows, shared evenly: an arena whose share is too
-- small has its largest owners (where sum(bytes) is arena.used_bytes, it has all).
CREATE TABLE pin(
  arena_id INTEGER NOT NULL,   -- arena.id
  object_id INTEGER,           -- the object whose block or buffer it is; NULL: no object's, see owner
  owner TEXT,                  -- as in block_owner; of an object that has blocks of several kinds there: one of these
  blocks INTEGER,              -- of that owner in that arena
  bytes INTEGER                -- of these, whole blocks
);

-- (+) Objects whose count of references is not the number of references that were found: each that native code keeps, and,
-- with a surplus below 0, each of which a reference was found that nobody counts (a memory error in the process, or in
-- exuvia). Immortal objects and those in static memory, to which C code points without counting, have no row.
CREATE TABLE refcount_audit(
  object_id INTEGER PRIMARY KEY,-- object.id
  refcount INTEGER,            -- as object.refcount
  referrers INTEGER,           -- exact references of objects that are part of it
  roots INTEGER,               -- exact references of frames, threads and interpreters
  guesses INTEGER,             -- conservative references of objects
  words INTEGER,               -- in libraries' data, on stacks and in registers that are its address: some may be left over
  surplus INTEGER              -- refcount - referrers - roots
);

-- (+) glibc malloc's arenas in the order of malloc_info(3), which counts them from 0.
CREATE TABLE malloc_arena(
  id INTEGER PRIMARY KEY,      -- 1 is the main arena
  address INTEGER,             -- of its malloc_state
  main INTEGER,                -- 1: the one that grows by brk; 0: a thread's
  system_bytes INTEGER,        -- got from the operating system, mmapped chunks aside
  max_system_bytes INTEGER     -- the most that it ever had
);
-- (+) The memory that they have chunks in.
CREATE TABLE malloc_heap(
  id INTEGER PRIMARY KEY,      -- counts from 1
  arena_id INTEGER,            -- malloc_arena.id
  start INTEGER,               -- of the first chunk
  "end" INTEGER                -- of the last, of top, or of the fenceposts that close it
);

-- Chunks of glibc's malloc, in address order. None where another malloc serves (meta.c_allocator).
CREATE TABLE chunk(
  id INTEGER PRIMARY KEY,      -- counts from 1
  address INTEGER,             -- of the chunk; the user's memory begins 16 bytes on
  size INTEGER,                -- bytes, with its header
  state TEXT,                  -- used | free | tcache | fastbin | top | mmapped (a used one with a mapping of its own)
  heap_id INTEGER,             -- malloc_heap.id, counts from 1; NULL: mmapped
  object_id INTEGER,           -- whose it is: the object in it, or the one whose buffer it is; NULL: no object's, or free
  owner TEXT,                  -- (+) as in block_owner; NULL: free (in tcache, fastbin and top, too)
  bin INTEGER                  -- (+) which list has it. free: 1 unsorted, 2 to 63 small, 64 to 126 large (malloc.c); fastbin and
                               -- tcache: counts from 0; NULL: in none
);

-- (+) Whose the used blocks of the allocators are, summed up. Chunks that hold arenas are owned by those, and the blocks
-- in these again by theirs.
CREATE TABLE block_owner(
  allocator TEXT NOT NULL,     -- obmalloc | malloc
  owner TEXT NOT NULL,         -- object | buffer (of an object: list items, dict keys ...) | c memory (reached from an object's
                               -- words that nothing explains) | numbers (2.7: a chunk of
                               -- ints or floats) | free list | interpreter | library | thread (reached from a
                               -- thread's stack, registers or local data alone) | arena (a chunk that holds arenas) | unknown
  library TEXT,                -- path of the file whose data leads there; of unknown ones by pointers into the middle, or over
                               -- other unknown blocks; NULL: no file's does, and for other owners
  blocks INTEGER,              -- how many: blocks of obmalloc, chunks of malloc
  bytes INTEGER                -- whole blocks; of malloc with the chunks' headers
);

-- Every mapped byte in one category; they add up to the mapped total (sum("end" - start) of table mapping). A category
-- without bytes has no row.
CREATE TABLE ledger(
  category TEXT PRIMARY KEY,   -- 'objects: ...', 'interpreter: ...', 'obmalloc: ...', 'malloc: ...', 'library data' ...
  bytes INTEGER NOT NULL,      -- mapped ones
  count INTEGER,               -- of what the category is about: objects, blocks, pools, chunks, stacks, mappings; never NULL
  resident INTEGER             -- (+) bytes of them in memory; NULL: the input does not say (a core never does; of a snapshot it is
                               -- known by mappings: of what lies in a part of one, when all or none of it was in memory)
) WITHOUT ROWID;

-- (+) The packages that mapped files came with, by the package note in them (section .note.package, owner FDO; Fedora and others
-- put it in, Debian 12 does not), in address order.
CREATE TABLE package(
  id INTEGER PRIMARY KEY,      -- counts from 1
  path TEXT,                   -- of the mapped file
  build_id TEXT,               -- of it, hex; NULL: it has none
  type TEXT,                   -- 'rpm', 'deb' ...; NULL here and below: the note does not say
  name TEXT NOT NULL,          -- of the (source) package
  version TEXT,                -- with its release
  architecture TEXT,           -- 'x86_64'
  os TEXT,                     -- as ID in os-release: 'fedora'
  os_version TEXT,             -- as VERSION_ID there
  os_cpe TEXT,                 -- 'cpe:/o:fedoraproject:fedora:39'
  debug_info_url TEXT          -- of its debuginfod server
);

-- What could not be read, or contradicts itself.
CREATE TABLE anomaly(
  id INTEGER PRIMARY KEY,      -- in the order in which they were met
  address INTEGER,             -- where in the process; NULL: no one place
  kind TEXT,                   -- 'bad-pointer', 'files-absent' ...
  message TEXT                 -- what, in words
);

-- (+) The rules that looked for suspects when the core was loaded: the files of schema/rules.
CREATE TABLE rule(
  name TEXT PRIMARY KEY,       -- of the file, without .sql
  title TEXT,                  -- what it finds
  severity TEXT,               -- warning | severe: of its findings that are large; see finding
  general INTEGER,             -- 0; 1: gives way to a finding of another rule about the same memory; 2: to those of rules with 1, too
  why TEXT,                    -- what is wrong with what it finds
  advice TEXT                  -- what to do about it
) WITHOUT ROWID;
-- Suspects, the worst first: those of `exuvia leaks`.
CREATE TABLE finding(
  id INTEGER PRIMARY KEY,      -- its rank
  rule TEXT NOT NULL,          -- rule.name
  severity TEXT NOT NULL,      -- note | warning | severe. A note: it is like that, but small: less than 1 MB, or than a
                               -- twentieth of private memory, unless the rule counts something else than bytes
  title TEXT,                  -- in a line, with its figures
  detail TEXT,                 -- what is known beyond
  bytes INTEGER,               -- that it is about: as a rule what the object retains
  object_id INTEGER            -- the object that would have to go; NULL: it is no one object
);
