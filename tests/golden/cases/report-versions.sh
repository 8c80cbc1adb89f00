# The report of a dump of each version as Markdown, without the appendix.
for core in 2.7 3.6 3.7 3.8 3.9 3.10 3.12 3.13 3.14 3.15 plain worker; do
    echo "==== $core"
    "$EXUVIA" report "$(db $core)" -o - --format markdown | sed -e 's/^- time: .*/- time: <time>/; /<b>Appendix/,/^<.details>/d'
done
