# What is left in arenas that are all but empty, and what holds it.
"$EXUVIA" arenas --pins -n 8 "$(db incident)"
"$EXUVIA" arenas --arena 1 -n 4 "$(db incident)"
"$EXUVIA" arenas --arena 0x7f471d006000 --format json "$(db incident)" | python3 -c "
import json, sys
page = json.load(sys.stdin)
print({key: value for key, value in page.items() if key != 'pins'})
print(len(page['pins']), page['pins'][0], page['pins'][1])
print(sum(pin['bytes'] for pin in page['pins']) == page['used_blocks'])"
"$EXUVIA" arenas --arena 3 "$(db incident)"
"$EXUVIA" arenas --arena 99 "$(db incident)"; echo "exit $?"
"$EXUVIA" arenas --arena all "$(db incident)"; echo "exit $?"
"$EXUVIA" arenas --pins --map "$(db incident)"; echo "exit $?"
