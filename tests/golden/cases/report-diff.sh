# Of two dumps: what grew.
"$EXUVIA" report "$(db plain)" "$(db incident)" -o - --format markdown | sed -E 's/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} UTC/<time>/' | grep -v 'Made by'
