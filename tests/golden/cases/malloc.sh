"$EXUVIA" malloc "$(db incident)"
