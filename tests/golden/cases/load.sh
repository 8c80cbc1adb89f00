# A compressed core, on a machine that has none of its files.
"$EXUVIA" load "$CORPUS/incident.core.zst" -o out.db --sysroot /nonexistent --progress never
ls -l out.db | cut -c1-10
