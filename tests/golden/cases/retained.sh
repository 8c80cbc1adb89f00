# What is biggest by what would go with it, object by object and group by group.
D=$(db incident)
"$EXUVIA" retained "$D" -n 5
for by in type module thread frame exception traceback; do
    echo "== $by"
    "$EXUVIA" retained "$D" --by $by -n 4
done
"$EXUVIA" retained "$D" --by module -n 1 --format json
"$EXUVIA" retained "$D" --by traceback -n 1 --format csv
"$EXUVIA" retained "$D" --by colour
