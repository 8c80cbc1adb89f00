# Bytes out of the core, while it is there as it was.
cp "$CORPUS/plain.core.zst" core.zst
"$EXUVIA" load core.zst -o plain.db --sysroot /nonexistent --progress never >/dev/null 2>&1
q() { printf -- '-- %s\n' "$1"; "$EXUVIA" sql "${2:-plain.db}" "$1"; echo "status $?"; }
q "SELECT count(*) FROM object WHERE id % 100 = 0 AND hex(memory(address, 2)) <> printf('%02X%02X', refcount & 255, refcount >> 8 & 255)"
q "SELECT count(*) FROM object o JOIN type t ON t.id = o.type_id JOIN content c ON c.object_id = o.id WHERE t.qualname = 'bytes' AND NOT c.truncated AND memory(o.address + 32, c.length) <> c.text"
q "SELECT memory(0, 16), memory(NULL, 1), length(memory((SELECT max(\"end\") - 8 FROM mapping WHERE backing = 'core'), 64))"
q "SELECT memory(4096, 99999999999)"
q "SELECT memory('here', 1)"
mkdir elsewhere && mv plain.db core.zst elsewhere
q "SELECT length(memory(address, 16)) FROM object LIMIT 1" elsewhere/plain.db
touch elsewhere/core.zst
q "SELECT length(memory(address, 16)) FROM object LIMIT 1" elsewhere/plain.db
rm elsewhere/core.zst
q "SELECT length(memory(address, 16)) FROM object LIMIT 1" elsewhere/plain.db
rm -r elsewhere
# Of a pack only the frames that have the bytes are unpacked: there is no room for the whole.
cp "$CORPUS/incident.core.zst" core.zst
"$EXUVIA" pack core.zst -o pack --sysroot /nonexistent >/dev/null 2>&1
"$EXUVIA" load pack -o pack.db --progress never >/dev/null 2>&1
export TMPDIR=/nonexistent
q "SELECT count(*), sum(hex(memory(address, 2)) <> printf('%02X%02X', refcount & 255, refcount >> 8 & 255)) FROM object WHERE id % 1000 = 0" pack.db
q "SELECT count(*), sum(length(memory(start, \"end\" - start)) <> \"end\" - start) FROM mapping WHERE dumped_bytes = \"end\" - start" pack.db
q "SELECT memory(0, 16), length(memory((SELECT \"end\" - 8 FROM mapping WHERE kind = 'stack'), 64))" pack.db
rm core.zst pack pack.db
