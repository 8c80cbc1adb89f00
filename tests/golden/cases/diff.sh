# What grew between two dumps (here of two heaps of one program), in which order, and that nothing grew.
"$EXUVIA" diff "$(db plain)" "$(db incident)" -n 4
"$EXUVIA" diff "$(db plain)" "$(db incident)" "$(db incident)" -n 1 --format csv
"$EXUVIA" diff "$(db plain)" "$(db incident)" -n 1 --format json | head -n 12
"$EXUVIA" diff "$(db plain)" "$(db plain)"
echo "exit $?"
"$EXUVIA" diff "$(db plain)"
