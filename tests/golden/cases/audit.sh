# Counts of references against those that were found: the rest is what native code holds.
$EXUVIA audit "$(db incident)" -n 5
