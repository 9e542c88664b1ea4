# shellcheck shell=bash
# Configuring and building the presets of CMakePresets.json.

configure() {
    local preset=$1 fresh=() cache=$root/build/$1/CMakeCache.txt
    # CMake refuses a build folder that was configured under another path; a checkout may have been moved.
    if [[ -e $cache ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then
        fresh=(--fresh)
    fi
    "$root/scripts/phone_number_library.sh"
    cmake "${fresh[@]}" --preset "$preset"
}

build_preset() {
    local preset=$1
    shift
    configure "$preset"
    cmake --build --preset "$preset" "$@"
}

# What users run, by the names of their CMake targets, one a line.
list_programs() { sed -nE 's/^(twinfleet_program|add_executable)\(([a-z-]+) .*/\2/p' "$root"/src/apps/*/CMakeLists.txt "$root"/simulator/CMakeLists.txt; }

build_release() {
    phase=build
    step 'build programs and tests' build_preset release
}

# Without tests and benchmarks it takes a fraction of the time.
build_programs() {
    local programs
    mapfile -t programs < <(list_programs)
    phase=build
    step 'build the programs' build_preset release --target "${programs[@]}"
}

# The test programs of a preset, one a line, as "NAME LABEL" (LABEL may be empty). Needs a configured build folder.
# The test's name is also that of the CMake target, or it is TARGET_part_N.
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

# The targets of the preset for the names of tests (or targets) on stdin, as far as there are any.
only_targets() {
    local preset=$1
    sed 's/_part_[0-9]*$//; s/_on_cluster$//' | sort -u | grep -xFf <(ninja -C "$root/build/$preset" -t targets all | sed -n 's/: phony$//p') || true
}

# By name, one a line: the names of `./dev bench`.
list_benchmarks() { sed -n 's/^twinfleet_benchmark(\([a-z0-9_]*\).*/\1/p' "$root/benchmarks/CMakeLists.txt" | sort; }

# `NAME...` as a sentence has it.
comma_separated() { paste -sd, | sed 's/,/, /g'; }

# bench [NAME [OPTION...]]: options are those of the benchmark.
bench() {
    local names name targets
    mapfile -t names < <(list_benchmarks)
    [[ -z ${2:-} || $2 == -* ]] || usage_error './dev bench takes one name'
    if (($# > 0)); then
        list_benchmarks | grep -qxF -- "$1" || usage_error "no benchmark $1; there are $(list_benchmarks | comma_separated)"
        names=("$1")
    fi
    prepare_run_folder
    take_lock bench
    install_packages "${package_groups[@]}" "${bench_package_groups[@]}"
    build_embedded_mongo
    phase=build
    # They measure the programs.
    mapfile -t targets < <(list_programs)
    targets+=("${names[@]/#/bench_}")
    step "build the programs and ${names[*]/#/bench_}" build_preset release --target "${targets[@]}"
    use_own_stores bench
    for name in "${names[@]}"; do
        say ''
        say "== $name"
        "$root/build/bin/bench_$name" "${@:2}"
    done
}
