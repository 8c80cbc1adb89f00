"$EXUVIA" waste "$(db incident)" -n 3
"$EXUVIA" waste "$(db 2.7)" -n 2 --format csv
