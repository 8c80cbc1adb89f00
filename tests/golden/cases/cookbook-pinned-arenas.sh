"$EXUVIA" sql "$(db worker)" cookbook:pinned-arenas -n 6
