# A core as one file with what load needs of the files; the words that go wrong.
$EXUVIA pack $CORPUS/plain.core.zst
$EXUVIA pack $CORPUS/plain.core.zst -o plain.pack --sysroot $PWD/nowhere 2>&1 | sed -E 's/: [0-9.]+ [kMG]?B \(.*\)/: SIZE/; s/[0-9]+ of [0-9]+ mapped/N of M mapped/'
stat -c %a plain.pack
$EXUVIA pack $CORPUS/plain.core.zst -o plain.pack
$EXUVIA pack plain.pack -o plain.pack --force
$EXUVIA load plain.pack -o plain.db > loaded; echo "load $?"
$EXUVIA info plain.db | grep -E "^(format|made from|its format|by exuvia)"
ln -s elsewhere link
$EXUVIA pack plain.pack -o link
$EXUVIA pack plain.pack -o link --force > packed; echo "packed $?"; ls -l link elsewhere 2>&1 | cut -c1-10
cmp link plain.pack && echo "the same pack"
zstd -q -d < plain.pack > unpacked; head -c 4 unpacked | od -An -c
$EXUVIA pack loaded -o no.pack
ls *.tmp no.pack 2>&1
