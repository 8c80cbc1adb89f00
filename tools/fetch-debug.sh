#!/bin/sh
# Unpacks Debian's interpreters and their debug files into a folder, for `exuvia-layout generate`: nothing is
# installed, and the system's apt configuration, lists and cache stay as they are.
#
#   tools/fetch-debug.sh DIR [SUITE:PACKAGE...]
#
# Without packages: 2.7 and 3.9 of bullseye, 3.13 of trixie, 3.14 and 3.15 of sid. DIR gets one folder a suite. The
# mirror and the keys are those of the system's own sources; APT_MIRROR says another.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { sed -n 's/^# \{0,1\}//; 2,9p' "$0" >&2; exit 2; }
dir=$(mkdir -p "$1" && cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- bullseye:python2.7 bullseye:python3.9 trixie:python3.13 sid:python3.14 sid:python3.15

. "$here/mirror.sh"
mirror=$(mirror fetch-debug)

for want in "$@"; do
    suite=${want%%:*} package=${want#*:}
    state=$dir/.apt-$suite
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/debs" "$dir/$suite"
    : >"$state/status"
    echo "deb [check-valid-until=no] $mirror $suite main" >"$state/sources.list"
    set -- -qq -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status" \
        -o Dir::Cache="$state/cache" -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o APT::Sandbox::User=root
    [ -e "$state/updated" ] || { apt-get "$@" update && : >"$state/updated"; }
    cd "$state/debs"
    for part in "$package" "$package-minimal" "lib$package-minimal" "lib$package-stdlib" "lib$package" \
        "$package-dbg" "$package-dbgsym" "lib$package-dbg"; do
        apt-get "$@" download "$part" 2>/dev/null || true # not every suite has all of them
    done
    for deb in ./*.deb; do
        [ -e "$deb" ] || { echo "fetch-debug: $want: nothing to download" >&2; exit 3; }
        dpkg-deb -x "$deb" "$dir/$suite"
        dpkg-deb -f "$deb" Version | sed 's/^[0-9]*://; s/[-+~].*//' >"$dir/$suite/$package.version"
    done
    rm -f ./*.deb
    cd "$dir"
    echo "$dir/$suite: $package $(ls "$dir/$suite/usr/bin" 2>/dev/null | grep -c "^$package")"
done
