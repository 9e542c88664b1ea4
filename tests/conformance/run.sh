#!/usr/bin/env bash
# run.sh FOLDER BIN_FOLDER: installs Schemathesis into FOLDER/venv, unless what requirements.txt asks for is there
# already, and runs conformance.py with it on the programs in BIN_FOLDER, or in TWINFLEET_BIN_DIR where that is set. Only
# the installation needs the network.
set -euo pipefail
shopt -s inherit_errexit

here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
readonly here folder=$1 bin=${TWINFLEET_BIN_DIR:-$2}
readonly venv=$folder/venv
# Debian's own, which python3-venv belongs to; another one may come first in PATH.
readonly python=/usr/bin/python3

# An environment holds its own path, and the version of Python it was made with.
wanted() { printf '%s\n%s\n' "$venv" "$("$python" --version)" && cat -- "$here/requirements.txt"; }

install() {
    local output=$folder/install.log
    rm -rf -- "$venv"
    mkdir -p -- "$folder"
    if ! "$python" -m venv "$venv" >"$output" 2>&1; then
        printf 'No Python environment could be made in %s: is python3-venv installed?\n' "$venv"
        tail -n 20 "$output"
        return 1
    fi >&2
    if ! "$venv/bin/pip" install --disable-pip-version-check --no-input --retries 2 --timeout 20 --only-binary :all: \
        --requirement "$here/requirements.txt" >"$output" 2>&1; then
        printf 'Schemathesis could not be installed from PyPI (tests/conformance/requirements.txt); pip said:\n'
        tail -n 20 "$output"
        return 1
    fi >&2
    wanted >"$venv/installed"
}

if ! wanted | cmp -s - "$venv/installed"; then
    install
fi
exec "$venv/bin/python" "$here/conformance.py" --bin "$bin" --folder "$folder"
