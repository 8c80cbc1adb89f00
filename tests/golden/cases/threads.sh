"$EXUVIA" threads "$(db incident)"
