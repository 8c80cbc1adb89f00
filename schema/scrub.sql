-- What `exuvia scrub` does to a copy of a database. Each statement is run in order. Functions of ours: scrub(value, hash)
-- gives a token of the same length, the same for the same value; scrub_hash(hash) another hash; masked(text) the text with
-- known shapes of secrets replaced; is_secret(text) whether it has one; noted(what, text, NULL) counts a text that no rule here
-- classifies and gives its token.

-- Names that the program's code or C code gives: they stay.
CREATE TEMP TABLE kept(text TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE field(id INTEGER PRIMARY KEY, place TEXT);
INSERT INTO field SELECT -id, text FROM name;
-- Of code objects.
INSERT OR IGNORE INTO kept SELECT c.text FROM reference_row r JOIN field f ON f.id = r.name_id
  JOIN content c ON c.object_id = r.referent_id
  WHERE r.kind = 6 AND f.place IN ('co_name', 'co_qualname', 'co_filename', '__name__', '__qualname__', 'md_name', '__module__',
                                   'gi_name', 'gi_qualname', 'func_name', 'ml_name', 'm_name', '_name', '__objclass__', '__slots__')
    AND typeof(c.text) = 'text' AND NOT c.truncated;
INSERT OR IGNORE INTO kept SELECT c.text FROM reference_row r JOIN field f ON f.id = r.name_id
  JOIN reference_row i ON i.referrer_id = r.referent_id JOIN content c ON c.object_id = i.referent_id
  WHERE r.kind = 6 AND f.place IN ('co_names', 'co_varnames', 'co_localsplusnames', 'co_freevars', 'co_cellvars', '__slots__')
    AND i.kind = 1 AND typeof(c.text) = 'text' AND NOT c.truncated;
-- The keys of modules' and types' namespaces.
INSERT OR IGNORE INTO kept SELECT c.text FROM reference_row r JOIN field f ON f.id = r.name_id
  JOIN reference_row i ON i.referrer_id = r.referent_id JOIN content c ON c.object_id = i.name_id
  WHERE r.kind = 6 AND f.place IN ('__dict__', 'tp_dict') AND i.name_id > 0 AND typeof(c.text) = 'text' AND NOT c.truncated
    AND (r.referrer_id IN (SELECT id FROM type) OR r.referrer_id IN (SELECT object_id FROM root WHERE kind = 'module')
         OR (SELECT t.qualname FROM object o JOIN type t ON t.id = o.type_id WHERE o.id = r.referrer_id) = 'module');
INSERT OR IGNORE INTO kept SELECT name FROM variable WHERE name IS NOT NULL AND kind IN ('argument', 'cell', 'free');
INSERT OR IGNORE INTO kept SELECT qualname FROM type WHERE qualname IS NOT NULL;
INSERT OR IGNORE INTO kept SELECT module FROM type WHERE module IS NOT NULL;
INSERT OR IGNORE INTO kept SELECT name FROM root WHERE kind = 'module' AND name IS NOT NULL;
DELETE FROM kept WHERE is_secret(text);
-- What tables of threads and tasks say anyway: their numbers, and the names that Python gives them.
INSERT OR IGNORE INTO kept SELECT CAST(ident AS TEXT) FROM thread WHERE ident IS NOT NULL
  UNION SELECT CAST(native_id AS TEXT) FROM thread WHERE native_id IS NOT NULL
  UNION SELECT name FROM thread WHERE name = 'MainThread' OR name GLOB 'Thread-[0-9]*' OR name GLOB 'Dummy-[0-9]*'
    OR name GLOB 'ThreadPoolExecutor-[0-9]*'
  UNION SELECT name FROM future WHERE name GLOB 'Task-[0-9]*';

-- Attributes that only setattr() or a decoder made: what they are called is data.
SELECT noted('name of an attribute that no code names', c.text, NULL)
  FROM (SELECT name_id FROM reference_row WHERE kind = 4 AND name_id > 0
        UNION SELECT i.name_id FROM reference_row r JOIN field f ON f.id = r.name_id JOIN reference_row i ON i.referrer_id = r.referent_id
        WHERE r.kind = 6 AND f.place = '__dict__' AND i.name_id > 0) n JOIN content c ON c.object_id = n.name_id
  WHERE typeof(c.text) <> 'text' OR c.text NOT IN (SELECT text FROM kept);

-- Contents: numbers below a thousand, single characters and names stay.
UPDATE content SET text = scrub(text, CASE WHEN truncated THEN hash END), hash = scrub_hash(hash)
  WHERE CASE WHEN length IS NULL THEN length(text) > 3 AND text NOT IN ('True', 'False') ELSE length > 1 END
    AND (truncated OR typeof(text) <> 'text' OR text NOT IN (SELECT text FROM kept));
UPDATE content SET hash = scrub_hash(hash)
  WHERE hash IS NOT NULL AND typeof(text) = 'text' AND length > 1 AND NOT truncated AND text IN (SELECT text FROM kept);

-- Everything else that is text (unit.schema holds that no column is forgotten). Words of exuvia's own, names of C code, build-ids
-- and keys of meta that are deleted below need nothing.
-- stays: meta.key mapping.perms mapping.build_id mapping.kind mapping.backing object.storage name.text root.kind frame.kind
-- stays: variable.kind chunk_list.kind awaiting.state future.state wakeup.how retained_row.kind finalizer.kind
-- stays: package.build_id pin.owner chunk.state chunk.owner block_owner.allocator block_owner.owner ledger.category anomaly.kind
UPDATE exception SET message = scrub(message, NULL) WHERE message IS NOT NULL;
UPDATE thread SET name = noted('name of a thread', name, NULL) WHERE name IS NOT NULL AND name NOT IN (SELECT text FROM kept);
UPDATE thread SET name = masked(name) WHERE is_secret(name);
UPDATE future SET name = noted('name of a task', name, NULL) WHERE name IS NOT NULL AND name NOT IN (SELECT text FROM kept);
UPDATE variable SET name = noted('name of a variable', name, NULL) WHERE name IS NOT NULL AND kind NOT IN ('argument', 'cell', 'free')
  AND name NOT IN (SELECT text FROM kept);
UPDATE root SET name = noted('name of a root', name, NULL) WHERE name IS NOT NULL AND kind = 'frame'
  AND name NOT IN (SELECT text FROM kept) AND name NOT GLOB 'stack[[]*' AND name NOT IN (SELECT text FROM name);
UPDATE root SET name = masked(name) WHERE is_secret(name);
UPDATE variable SET name = masked(name) WHERE is_secret(name);
UPDATE mapping SET path = masked(path) WHERE is_secret(path);
UPDATE type SET module = masked(module) WHERE is_secret(module);
UPDATE type SET qualname = masked(qualname) WHERE is_secret(qualname);
UPDATE frame SET function = masked(function) WHERE is_secret(function);
UPDATE frame SET qualname = masked(qualname) WHERE is_secret(qualname);
UPDATE frame SET filename = masked(filename) WHERE is_secret(filename);
UPDATE block_owner SET library = masked(library) WHERE is_secret(library);
UPDATE package SET path = masked(path) WHERE is_secret(path);
UPDATE package SET type = masked(type) WHERE is_secret(type);
UPDATE package SET name = masked(name) WHERE is_secret(name);
UPDATE package SET version = masked(version) WHERE is_secret(version);
UPDATE package SET architecture = masked(architecture) WHERE is_secret(architecture);
UPDATE package SET os = masked(os) WHERE is_secret(os);
UPDATE package SET os_version = masked(os_version) WHERE is_secret(os_version);
UPDATE package SET os_cpe = masked(os_cpe) WHERE is_secret(os_cpe);
UPDATE package SET debug_info_url = masked(debug_info_url) WHERE is_secret(debug_info_url);
UPDATE anomaly SET message = masked(message) WHERE is_secret(message);
-- The process's environment and words, whose machine it was; of the rest only what is known to be harmless.
DELETE FROM meta WHERE key IN ('arguments', 'environment', 'sysroot', 'exe', 'debug_dirs', 'input_name', 'packed_name') OR key GLOB 'incident_*' OR key GLOB 'systemd_*';
UPDATE meta SET value = noted('fact ' || key, value, NULL) WHERE typeof(value) = 'text' AND key NOT IN (
  'allocator', 'arch', 'c_allocator', 'degraded', 'executable', 'exuvia_version', 'input_format', 'layout_detail', 'layout_source',
  'python_build', 'python_version', 'schema_version', 'signal', 'sandbox', 'cgroup_memory_max', 'cgroup_memory_high', 'c_library', 'c_allocator_version', 'python_package',
  'executable_package',
  'cgroup_swap_max');
UPDATE meta SET value = masked(value) WHERE typeof(value) = 'text' AND is_secret(value);
INSERT OR REPLACE INTO meta VALUES('scrubbed', 1);
-- Their sentences quote contents; the rules are run again.
DELETE FROM finding;
DELETE FROM rule;
DROP TABLE temp.kept;
DROP TABLE temp.field;
