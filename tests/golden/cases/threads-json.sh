"$EXUVIA" threads "$(db plain)" --format json
