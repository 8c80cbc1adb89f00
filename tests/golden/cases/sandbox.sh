# What was in force is the machine's; that it is said is ours.
"$EXUVIA" load "$CORPUS/plain.core.zst" -o here.db >/dev/null
"$EXUVIA" info here.db | grep '^sandbox' | sed -e 's/landlock [0-9]*/landlock <version>/' -e 's/ *\(none: the kernel.*\|seccomp.*\|landlock.*\)/ <in force>/'
"$EXUVIA" load --no-sandbox --force "$CORPUS/plain.core.zst" -o here.db >/dev/null
"$EXUVIA" info here.db | grep '^sandbox'
"$EXUVIA" sql here.db "SELECT value FROM meta WHERE key = 'sandbox'" --format csv
# A core in a database's place is loaded by a process of its own, and its errors are told.
cp "$CORPUS/plain.core.zst" core.zst
"$EXUVIA" sql core.zst 'SELECT count(*) > 1000 FROM object' --format csv
ls -l core.zst.db | cut -c1-10
head -c 1000 core.zst > cut.zst
"$EXUVIA" info cut.zst
rm -f here.db core.zst core.zst.db cut.zst
