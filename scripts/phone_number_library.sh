#!/usr/bin/env bash
# Unpacks the headers of libphonenumber below build/debian/, where CMake looks for them, unless they are there.
#
# Debian's libphonenumber-dev cannot be installed beside libboost1.81-dev: it depends on Boost 1.74's headers, which conflict
# with those. Nothing of Boost is in what it holds, as Debian builds the library with POSIX locks. The library itself is
# an ordinary package (scripts/packages.sh), whose version the headers have.
set -euo pipefail
shopt -s inherit_errexit

root=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
readonly root
readonly folder=$root/build/debian/libphonenumber-dev

version=$(dpkg-query -W -f '${Version}' libphonenumber8) || {
    printf '%s\n' 'the package libphonenumber8 is not installed: run ./dev build' >&2
    exit 1
}
[[ ! -e $folder/version || $(<"$folder/version") != "$version" ]] || exit 0

mkdir -p -- "${folder%/*}"
temporary=$(mktemp -d -- "${folder%/*}/unpacking.XXXXXX")
trap 'rm -rf -- "$temporary"' EXIT
cd -- "$temporary"

# apt checks what it downloads against the signed lists. It does so as root, as _apt may not be let into this folder.
download() { apt-get -q -o APT::Sandbox::User=root download "libphonenumber-dev=$version"; }
if ! download; then
    as_root=()
    ((EUID == 0)) || as_root=(sudo)
    # Package lists may be missing (a container image) or stale.
    "${as_root[@]}" apt-get -q -o DPkg::Lock::Timeout=300 update
    download
fi
dpkg-deb -x ./libphonenumber-dev_*.deb unpacked
printf '%s\n' "$version" >unpacked/version
# Of two at a time one wins; both have the same.
rm -rf -- "$folder"
mv -T -- unpacked "$folder" || [[ -e $folder/version ]]
