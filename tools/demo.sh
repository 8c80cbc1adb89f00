#!/usr/bin/env bash
# From nothing to the answer: installs what is missing, builds, makes a real incident, dumps it, and says which
# references hold the memory.
#   tools/demo.sh [--python PYTHON] [--keep DIR] [--mebibytes N]
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    sed -n '2,4s/^# \{0,1\}//p' "$0"
}
python= keep= mebibytes=24
while [ $# -gt 0 ]; do
    case $1 in
    --python) python=$2 && shift 2 ;;
    --keep) keep=$2 && shift 2 ;;
    --mebibytes) mebibytes=$2 && shift 2 ;;
    --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done

. tools/packages.sh
need_packages "${build_packages[@]}" "${demo_packages[@]}"

if [ -z "$python" ]; then
    for candidate in python3 /usr/bin/python3 python; do
        if command -v "$candidate" >/dev/null && "$candidate" -c ''; then
            python=$candidate
            break
        fi
    done
fi
[ -n "$python" ] || {
    echo "no python here; name one with --python" >&2
    exit 3
}

build=${EXUVIA_BUILD:-build/release}
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build "$build" --target exuvia -- --quiet
exuvia=$(realpath "$build/exuvia")

if [ -n "$keep" ]; then
    mkdir -p "$keep"
    scratch=$(realpath "$keep")
else
    scratch=$(mktemp -d)
fi
worker=
finish() {
    cd /
    if [ -n "$worker" ]; then
        kill "$worker" 2>/dev/null || true
        wait "$worker" 2>/dev/null || true
    fi
    [ -n "$keep" ] || rm -rf "$scratch"
}
trap finish EXIT

echo "== the incident: $("$python" --version 2>&1), a download that stalls after $mebibytes MiB"
"$python" tools/demo/incident.py --mebibytes "$mebibytes" >"$scratch/ready" 2>"$scratch/worker.log" &
worker=$!
for _ in $(seq 300); do
    grep -q ready "$scratch/ready" && break
    kill -0 "$worker" 2>/dev/null || break
    sleep 0.1
done
grep -q ready "$scratch/ready" || {
    echo "the incident did not happen:" >&2
    cat "$scratch/worker.log" >&2
    exit 4
}
grep VmRSS "/proc/$worker/status"

say() {
    printf '\n$ %s\n' "$*"
}
say gcore -o core "$worker"
gcore -o "$scratch/core" "$worker" >"$scratch/gcore.log" 2>&1 || {
    cat "$scratch/gcore.log" >&2
    echo "gcore failed; is ptrace allowed here?" >&2
    exit 4
}
core=$scratch/core.$worker
ls -l "$core" | awk '{print $5 " bytes"}'

cd "$scratch"
say exuvia load "core.$worker" -o worker.db
"$exuvia" load "core.$worker" -o worker.db --force
say exuvia chain worker.db --from traceback --to chunks -n 2
"$exuvia" chain worker.db --from traceback --to chunks -n 2
