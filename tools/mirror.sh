# Sourced: `mirror` prints the Debian mirror of the system's own sources; APT_MIRROR says another.
mirror() {
    if [ -n "${APT_MIRROR:-}" ]; then
        echo "$APT_MIRROR"
        return
    fi
    found=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
        awk '$1 !~ /security/ && $2 !~ /(updates|security)$/ {print $1; exit}')
    [ -n "$found" ] || { echo "$1: no mirror known; say APT_MIRROR" >&2; exit 3; }
    echo "$found"
}
