for format in json csv markdown; do
    "$EXUVIA" types "$(db incident)" -n 3 --format $format
done
