# shellcheck shell=bash
# Configuring and building the presets of CMakePresets.json.

configure() {
    local preset=$1 fresh=() cache=$root/build/$1/CMakeCache.txt
    # CMake refuses a build folder that was configured under another path; a checkout may have been moved.
    if [[ -e $cache ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then
        fresh=(--fresh)
    fi
    cmake "${fresh[@]}" --preset "$preset"
}

build_preset() {
    local preset=$1
    shift
    configure "$preset"
    cmake --build --preset "$preset" "$@"
}

build_release() {
    phase=build
    step 'build release' build_preset release
}

# Only what a user runs: without tests and benchmarks it takes a fraction of the time.
build_programs() {
    phase=build
    step 'build the programs' build_preset release --target fleet-synchronizer sample-fleets
}

# The test programs of a preset, one a line, as "NAME LABEL" (LABEL may be empty). Needs a configured build folder.
# Each has its test's name, which is also the name of its CMake target.
list_tests() {
    local preset=$1
    shift
    ctest --test-dir "$root/build/$preset" --show-only=json-v1 "$@" | python3 -c '
import json, sys

for test in json.load(sys.stdin)["tests"]:
    properties = {entry["name"]: entry["value"] for entry in test.get("properties", [])}
    print(test["name"], *properties.get("LABELS", []))
'
}

# Of the names on stdin those that are targets of the preset.
only_targets() {
    local preset=$1
    grep -xFf <(ninja -C "$root/build/$preset" -t targets all | sed -n 's/: phony$//p') || true
}

bench() {
    local name=${1:-*} programs program
    (($# <= 1)) || usage_error './dev bench takes one name'
    prepare_run_folder
    take_lock bench
    install_packages
    build_embedded_mongo
    build_release
    mapfile -t programs < <(compgen -G "$root/build/bin/bench_$name" | sort)
    ((${#programs[@]} > 0)) || usage_error "no benchmark build/bin/bench_$name"
    use_own_stores bench
    for program in "${programs[@]}"; do
        say ''
        say "== ${program##*/}"
        "$program"
    done
}
