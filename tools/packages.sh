# Sourced: `need_packages NAME...` installs what of Debian's packages is missing. Without a network nothing is asked
# for when everything is there.
need_packages() {
    command -v dpkg-query >/dev/null || {
        echo "not a Debian machine: install these yourself: $*" >&2
        return 0
    }
    missing=()
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "installing: ${missing[*]}"
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "not root and no sudo: install these: ${missing[*]}" >&2
            return 4
        }
        as_root=(sudo)
    fi
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y update
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${missing[@]}"
}

build_packages=(build-essential cmake ninja-build pkg-config libelf-dev libdwarf-dev libsqlite3-dev libzstd-dev libxxhash-dev libb2-dev
    zlib1g-dev liblzma-dev liblz4-dev libedit-dev libseccomp-dev libsystemd-dev python3)
demo_packages=(gdb)
test_packages=(libcmocka-dev gdb zstd python3-networkx python3-jsonschema chromium libjemalloc2 libtcmalloc-minimal4 libmimalloc2.0 systemd-journal-remote)
