"$EXUVIA" sql "$(db worker)" cookbook:weakref-callbacks -n 6
