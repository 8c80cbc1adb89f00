"$EXUVIA" gc "$(db incident)"
"$EXUVIA" gc --format json "$(db incident)" | python3 -c "import json, sys; print(sorted(json.load(sys.stdin)))"
