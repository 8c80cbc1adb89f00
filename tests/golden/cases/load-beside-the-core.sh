# The database goes beside the core; a second time it is in the way; a query of the core reuses it.
cp "$CORPUS/plain.core.zst" c.core.zst
"$EXUVIA" load c.core.zst --progress never
"$EXUVIA" load c.core.zst --progress never
echo "exit $?"
"$EXUVIA" types c.core.zst -n 3
