"$EXUVIA" show "$(db plain)" 0x10
echo "exit $?"
"$EXUVIA" show "$(db plain)" nonsense
