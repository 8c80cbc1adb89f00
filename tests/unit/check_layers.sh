#!/bin/sh
# The include order is the architecture: a file of src/LAYER includes only its own layer and those before it in the
# list. Also: no file longer than 800 lines, and versions of CPython compared in src/layout alone.
set -u
cd "$(dirname "$0")/../../src" || exit 2
layers="base dump memory core layout heap model graph store load query sqlext report cli"
status=0
allowed=
for layer in $layers; do
    allowed="$allowed $layer"
    for file in "$layer"/*.[ch]; do
        [ -e "$file" ] || continue
        for used in $(sed -n 's/^#include "\([a-z]*\)\/.*/\1/p' "$file" | sort -u); do
            case " $allowed " in
            *" $used "*) ;;
            *) echo "$file includes $used/, which stands behind $layer/ in the order of layers"; status=1 ;;
            esac
        done
        lines=$(wc -l <"$file")
        [ "$lines" -le 800 ] || { echo "$file has $lines lines; 800 are the most"; status=1; }
        [ "$layer" = layout ] || ! grep -nE 'version_hex *[<>=!]|version *[<>]=? *0x' "$file" ||
            { echo "$file compares CPython versions; that is src/layout's"; status=1; }
    done
done
for directory in */; do
    case " $layers " in *" ${directory%/} "*) ;; *) echo "src/$directory is in no layer"; status=1 ;; esac
done
exit $status
