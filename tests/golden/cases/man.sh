# Every verb is in the man page, which groff formats without a word.
"$EXUVIA" --man | head -n 12
