# The report as Markdown, up to the appendix; when the core's file was written depends on the machine.
"$EXUVIA" report "$(db incident)" -o - --format markdown | sed -n 's/^- time: .*/- time: <time>/; 1,/<b>Appendix/p'
