"$EXUVIA" explain "$(db incident)"
