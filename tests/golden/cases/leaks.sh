"$EXUVIA" leaks "$(db incident)"
"$EXUVIA" leaks "$(db incident)" --format csv -n 1
mkdir rules
cat >rules/broken.sql <<'END'
-- title: A rule with a mistake
-- severity: warning
-- why: It shows what is said then.
-- do: Mend it.
SELECT no_such_column FROM object
END
cat >rules/headless.sql <<'END'
SELECT 1
END
cat >rules/sockets.sql <<'END'
-- title: More than a handful of StringIO objects
-- severity: warning
-- why: Each has a buffer of its own
--   that lives as long as it.
-- do: Close them.
SELECT min(o.id), sum(o.retained_size), printf('%d of type %s', count(*), type_name(min(o.id))), NULL, 'severe'
FROM object o JOIN type t ON t.id = o.type_id WHERE t.qualname = 'StringIO'
END
"$EXUVIA" leaks "$(db incident)" --rules rules -n 1
echo "exit $?"
"$EXUVIA" leaks "$(db incident)" --rules /nonexistent
echo "exit $?"
rm -r rules
"$EXUVIA" leaks "$(db plain)"
