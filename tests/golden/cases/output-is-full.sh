# main checks what it wrote.
"$EXUVIA" types "$(db plain)" >/dev/full
