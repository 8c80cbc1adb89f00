# What --include-content adds: messages, arguments, locals; and what it masks.
"$EXUVIA" report "$(db incident)" -o - --format markdown --include-content |
    sed -n '/arguments:/p; /<b>Threads/,/<.details>/p; /^| &lt;exception/p; /## What is not shown/,$p' | grep -v 'Made by'
