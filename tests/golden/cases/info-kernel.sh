"$EXUVIA" info "$(db plain)" | grep -v -e '^layout' -e DWARF -e '^ *row' -e 'loaded in' -e '^sandbox' -e '^C library'
