#!/usr/bin/env bash
# Installs what is missing, builds, passes all tests: in Release, and with AddressSanitizer and
# UndefinedBehaviorSanitizer. Ends with one line: 'N passed, N failed, N skipped'.
#   tools/test.sh [--only release|asan] [ctest options]
set -euo pipefail
cd "$(dirname "$0")/.."

only=
if [ "${1:-}" = --only ]; then
    only=$2
    shift 2
fi
. tools/packages.sh
need_packages "${build_packages[@]}" "${test_packages[@]}"

jobs=$(nproc)
root=${EXUVIA_BUILD:-build}
ulimit -c unlimited 2>/dev/null || true # kernel cores for the oracle; where that is forbidden it says SKIP
passed=0 failed=0 skipped=0

# run NAME 'cmake options' ctest options...
run() {
    local name=$1 options=$2 results
    shift 2
    printf '\n== %s\n' "$name"
    # shellcheck disable=SC2086
    cmake -S . -B "$root/$name" -G Ninja -DEXU_WERROR=ON $options >"$root/$name.log" 2>&1 || {
        cat "$root/$name.log"
        return 1
    }
    cmake --build "$root/$name" -j "$jobs" -- --quiet
    results=$PWD/$root/$name/results.xml
    [ "${root#/}" = "$root" ] || results=$root/$name/results.xml
    rm -f "$results"
    ctest --test-dir "$root/$name" -j "$jobs" --output-on-failure --output-junit "$results" "$@" || true
    # tests, failures, skipped of the first element
    read -r tests failures skips < <(python3 - "$results" <<'PY'
import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot()
print(suite.get('tests'), suite.get('failures'), int(suite.get('skipped', 0)) + int(suite.get('disabled', 0)))
PY
    )
    passed=$((passed + tests - failures - skips))
    failed=$((failed + failures))
    skipped=$((skipped + skips))
}

mkdir -p "$root"
if [ "$only" != asan ]; then
    run release "-DCMAKE_BUILD_TYPE=Release" "$@"
fi
if [ "$only" != release ]; then
    export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
    export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
    run asan "-DCMAKE_BUILD_TYPE=RelWithDebInfo -DEXU_SANITIZE=ON" -LE style "$@"
fi

printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
