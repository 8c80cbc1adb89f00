for from in frame:read_body thread:waiter module:sys exception:TimeoutError type:Response; do
    echo "== $from"
    "$EXUVIA" chain "$(db incident)" --from $from --to chunks -n 1
done
