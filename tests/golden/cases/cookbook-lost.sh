# Not the mapped files: which of them are absent depends on those of the machine that the test runs on.
"$EXUVIA" sql "$(db worker)" cookbook:lost -n 0 --format csv | grep -v /usr/
