#!/bin/sh
# Builds free-threaded interpreters from Debian's sources, for the oracle (EXUVIA_NOGIL=DIR): exuvia has to recognise and
# refuse them, and no distribution at hand packages one.
#
#   tools/nogil.sh DIR [SUITE:PACKAGE...]
#
# Without packages: 3.13 of trixie and 3.14 of sid; each is installed into a folder of DIR with its version, as
# DIR/3.13t/bin/python3.13t. What is there already is left alone. The mirror and the keys are those of the system's own
# sources; APT_MIRROR says another. The system's apt configuration, lists and cache stay as they are. It needs dpkg-dev,
# a C compiler, make and about 1 GB.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { sed -n 's/^# \{0,1\}//; 2,10p' "$0" >&2; exit 2; }
for command in dpkg-source cc make; do
    command -v "$command" >/dev/null || { echo "nogil: $command is not installed" >&2; exit 3; }
done
dir=$(mkdir -p "$1" && cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- trixie:python3.13 sid:python3.14

. "$here/mirror.sh"
mirror=$(mirror nogil)

for want in "$@"; do
    suite=${want%%:*} package=${want#*:} version=${want##*:python}t
    prefix=$dir/$version state=$dir/.apt-$suite work=$dir/.build-$version
    if [ ! -x "$prefix/bin/python$version" ]; then
        mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$work"
        : >"$state/status"
        echo "deb-src [check-valid-until=no] $mirror $suite main" >"$state/sources.list"
        set -- -qq -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status" \
            -o Dir::Cache="$state/cache" -o Dir::Etc::sourcelist="$state/sources.list" \
            -o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User=root
        [ -e "$state/updated" ] || { apt-get "$@" update && : >"$state/updated"; }
        cd "$work"
        [ -e source/configure ] || {
            apt-get "$@" --download-only source "$package" &&
                dpkg-source --no-check -x "$package"_*.dsc source
        } >"$dir/$version.log" 2>&1 || { tail -5 "$dir/$version.log" >&2; exit 1; }
        cd source
        # Without optimisation of the whole program: they are to be looked at, not to be measured.
        { ./configure --prefix="$prefix" --disable-gil --without-ensurepip --disable-test-modules &&
            make -j "$(nproc)" && make install; } >>"$dir/$version.log" 2>&1 </dev/null ||
            { tail -5 "$dir/$version.log" >&2; exit 1; }
        rm -rf "$work"
    fi
    cd "$dir"
    echo "$prefix: $("$prefix/bin/python$version" -c 'import sys; print(sys.version)')"
done
