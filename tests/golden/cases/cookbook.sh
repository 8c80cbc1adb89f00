# The cookbook's names; what is asked with a value, in another format, and wrong words.
"$EXUVIA" sql cookbook:
"$EXUVIA" sql "$(db incident)" cookbook: | cmp - /dev/stdin <<LIST && echo same
$("$EXUVIA" sql cookbook:)
LIST
"$EXUVIA" sql "$(db incident)" cookbook:frames:waiter --format csv
echo 'cookbook:exceptions;' | "$EXUVIA" sql "$(db incident)" --format json
"$EXUVIA" sql "$(db incident)" cookbook:strngs
echo "exit $?"
"$EXUVIA" sql "$(db incident)" cookbook:what-is-this
echo "exit $?"
"$EXUVIA" sql "$(db incident)" cookbook:types:dict
