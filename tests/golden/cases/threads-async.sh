# The tasks of asyncio and what is suspended, each with what it waits for; the same as rows.
"$EXUVIA" threads --async "$(db incident)"
"$EXUVIA" threads --async --format csv "$(db incident)"
