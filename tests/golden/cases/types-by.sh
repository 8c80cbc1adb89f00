"$EXUVIA" types "$(db plain)" --by objects -n 4
