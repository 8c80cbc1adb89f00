"$EXUVIA" ledger "$(db incident)"
