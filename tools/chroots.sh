#!/bin/sh
# Makes Debian chroots with the interpreters that this machine's suite lacks, for the oracle (EXUVIA_CHROOTS=DIR):
# 2.7 and 3.9 of bullseye, 3.13 of trixie, 3.14 and 3.15 of sid, and their Py_DEBUG builds. As root.
#
#   tools/chroots.sh DIR [SUITE:PACKAGE...]
#
# What is there already is left alone. The mirror and the keys are those of the system's own sources; APT_MIRROR says
# another. The system's apt configuration, lists and cache stay as they are.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { sed -n 's/^# \{0,1\}//; 2,8p' "$0" >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo "chroots: only root makes chroots" >&2; exit 4; }
command -v debootstrap >/dev/null || { echo "chroots: debootstrap is not installed" >&2; exit 3; }
dir=$(mkdir -p "$1" && cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- bullseye:python2.7 bullseye:python3.9 trixie:python3.13 sid:python3.14 sid:python3.15

. "$here/mirror.sh"
mirror=$(mirror chroots)

# /proc is there only while packages are installed: their scripts ask for it.
mounted=
leave() {
    [ -z "$mounted" ] || umount "$mounted"
    mounted=
}
trap leave EXIT
trap 'exit 1' INT TERM

within() {
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"
}

for want in "$@"; do
    suite=${want%%:*} package=${want#*:} root=$dir/${want%%:*}
    if [ ! -e "$root/.exuvia-made" ] && [ ! -x "$root/usr/bin/apt-get" -o -d "$root/debootstrap" ]; then
        debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$dir/$suite.log" 2>&1 ||
            { tail -5 "$dir/$suite.log" >&2; exit 1; }
        : >"$root/.exuvia-made"
    fi
    if [ ! -x "$root/usr/bin/$package" ] || [ ! -x "$root/usr/bin/$package-dbg" ]; then
        if ! mountpoint -q "$root/proc"; then
            mount -t proc proc "$root/proc"
            mounted=$root/proc
        fi
        # A suite that is an archive by now has a Release file out of date.
        { within apt-get -q -y -o Acquire::Check-Valid-Until=false update &&
            within apt-get -q -y install --no-install-recommends "$package" "$package-dbg"; } \
            >>"$dir/$suite.log" 2>&1 </dev/null || { tail -5 "$dir/$suite.log" >&2; exit 1; }
        leave
    fi
    echo "$root: $package $(within "/usr/bin/$package" -c 'import sys; print(sys.version.split()[0])')"
done
