# Every word that names a set of objects, as a beginning and as an end.
D=$(db incident)
ask() {
    printf '%s -> %s: ' "$1" "$2"
    "$EXUVIA" chain "$D" --from "$1" --to "$2" -n 1 2>&1 | head -n 1
}
for where in root traceback frame frame:incident thread thread:waiter module module:heaps exception exception:TimeoutError \
    type:dict type:threading.Thread chunks '#12680' 0x7f471d1b5940 'sql:SELECT id FROM object WHERE id BETWEEN 6000 AND 9000'; do
    ask "$where" type:str
    ask root "$where"
done
ask root frame:Thread.run
ask traceback chunks
"$EXUVIA" chain "$D" --from traceback --to chunks -n 1 --format csv | tail -n 1
"$EXUVIA" chain "$D" --from traceback --to chunks -n 1 --format markdown | head -n 4
