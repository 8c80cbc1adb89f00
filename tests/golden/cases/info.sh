# How the layout was found depends on the debug files of the machine, the C library's version on its libc.
"$EXUVIA" info "$(db incident)" | grep -v -e '^layout' -e DWARF -e '^ *row' -e 'loaded in' -e '^sandbox' -e '^C library'
