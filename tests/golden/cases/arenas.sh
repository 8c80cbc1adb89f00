"$EXUVIA" arenas "$(db incident)"
