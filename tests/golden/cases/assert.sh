# Assertions that hold, that fail, and that are none.
cp "$CORPUS/../schema/assertions/memory.sql" .
"$EXUVIA" assert "$(db incident)" memory.sql
echo "exit $?"
cat >mine.sql <<SQL
-- Mine.

/* For the test. */
-- No list of pieces has more than 20 kB.
-- They would be of a body.
SELECT object_id AS id, kind, bytes AS "bytes:size" FROM chunk_list WHERE bytes > 20000 ORDER BY bytes DESC, object_id;
SELECT 1 WHERE 0;
-- There is one thread
SELECT name FROM thread ORDER BY id
SQL
for format in table json csv markdown; do
    "$EXUVIA" assert "$(db incident)" mine.sql -n 2 --format $format
    echo "exit $?"
done
printf 'SELECT 1 WHERE 0;\n\nSELECT nothing\nFROM nowhere' | "$EXUVIA" assert "$(db incident)" -
echo "exit $?"
echo 'SELECT 1 WHERE 0; DELETE FROM object' | "$EXUVIA" assert "$(db incident)" -
echo "exit $?"
echo '-- nothing' | "$EXUVIA" assert "$(db incident)" -
echo "exit $?"
"$EXUVIA" assert "$(db incident)" absent.sql
echo "exit $?"
rm memory.sql mine.sql
