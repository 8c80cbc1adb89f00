"$EXUVIA" --version
