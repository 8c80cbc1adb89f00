-- title: sys.last_traceback and its kin keep a traceback
-- severity: severe
-- why: An interactive interpreter, pdb or IPython puts the last unhandled exception into sys.last_exc, sys.last_value and
--   sys.last_traceback. It stays there until the next one: with its traceback, the frames, and all their local variables.
-- do: Set sys.last_exc, sys.last_value and sys.last_traceback to None when the exception has been looked at; clear
--   frames of tracebacks that are to be kept with traceback.clear_frames.
WITH
sys_ AS (SELECT r.referent_id AS id FROM root m CROSS JOIN reference_row r ON r.referrer_id = m.object_id
         WHERE m.kind = 'module' AND m.name = 'sys'
         UNION SELECT object_id FROM root WHERE kind = 'interpreter' AND name IN ('sysdict', 'sysdict_copy')),
kept AS (SELECT object_id AS id FROM traceback UNION SELECT object_id FROM exception),
last AS (SELECT DISTINCT k.id, n.text AS name, o.retained_size AS bytes
         FROM kept k CROSS JOIN reference_row r ON r.referent_id = k.id CROSS JOIN content n ON n.object_id = r.name_id
              CROSS JOIN object o ON o.id = k.id
         WHERE n.text IN ('last_traceback', 'last_value', 'last_exc') AND r.referrer_id IN (SELECT id FROM sys_)),
most AS (SELECT * FROM last ORDER BY bytes DESC, name LIMIT 1)
SELECT id, bytes, printf('sys.%s keeps %s', name, size(bytes)),
       (SELECT 'It is set by what handles exceptions last: ' || group_concat(name, ', ') || '.'
        FROM (SELECT DISTINCT 'sys.' || name AS name FROM last ORDER BY 1))
FROM most
