# shellcheck shell=bash
# The tests. Each configuration has a purpose of its own, and compiles what that takes:
#
#   release   what ships: the programs end to end, the simulation, and what reads the checkout itself
#   asan      every unit and store test, with the address and undefined-behaviour sanitizers
#   tsan      every store test, and the unit tests where something runs side by side (THREADS in CMakeLists.txt), with the
#             thread sanitizer
#
# ctest's labels tell what a test is or needs: `stores` running stores, `end_to_end` these and the programs in build/bin/,
# `timed` a machine that does nothing else; the release build runs `simulation` and `tree` as well. Each takes databases or
# servers of its own, so all run side by side, but for those that are timed.

readonly results_dir=$run_dir/results
failed_steps=0

# One ./dev NAME of a checkout at a time: the second would disturb the first one's build, stores and results.
take_lock() {
    exec 9>"$run_dir/$1.lock"
    flock -n 9 || fail "another ./dev $1 is running in this checkout"
}

# use_own_stores NAME: starts the set `test`, `end-to-end` or `bench` anew, tells test programs of it, and stops it when the
# script ends, however it ends. The caller holds the lock of `test` or `bench`.
declare -A own_stores=()
use_own_stores() {
    local name=$1
    own_stores[$name]=started
    trap stop_what_is_ours EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    phase=set-up
    step "start the $name stores" stores_start "$name"
    export_test_environment "$name"
}

# Not a step: the way out must not change the exit code.
stop_what_is_ours() {
    local name
    trap '' INT TERM HUP
    stop_beside
    for name in "${!own_stores[@]}"; do
        stores_stop "$name" >"$log_dir/stop-the-$name-stores.log" 2>&1 || true
    done
    own_stores=()
}

export_test_environment() {
    TWINFLEET_TEST_MONGO_URI=$(mongo_uri "$1")
    TWINFLEET_TEST_POSTGRES_DSN=$(postgres_dsn "$1")
    TWINFLEET_TEST_REDIS_URI=$(redis_uri "$1")
    export TWINFLEET_TEST_MONGO_URI TWINFLEET_TEST_POSTGRES_DSN TWINFLEET_TEST_REDIS_URI
}

# Stores for test programs that a person starts; neither the demo nor ./dev test touches them.
test_stores() {
    # The environment alone goes to stdout, so that a shell can evaluate it.
    exec 3>&2
    prepare_run_folder
    install_packages
    build_embedded_mongo
    if stores_running by-hand; then
        say 'The stores are running already.'
    else
        phase=set-up
        step 'start stores for tests by hand' stores_start by-hand
    fi
    export_test_environment by-hand
    print_exports TWINFLEET_TEST_MONGO_URI TWINFLEET_TEST_POSTGRES_DSN TWINFLEET_TEST_REDIS_URI
}

# What a ./dev test or bench left that was killed outright. Whoever holds the lock is alive and stops its own.
stop_leftover_stores() {
    local name lock
    for name in test end-to-end bench; do
        lock=${name/end-to-end/test}
        if [[ -d $run_dir/$name ]] && (exec 9>"$run_dir/$lock.lock" && flock -n 9); then
            step "stop the $name stores" stores_stop "$name"
        fi
    done
}

# The sanitizers of g++ 12 cannot map their shadow memory where the kernel randomizes addresses by more than 28 bits, so
# they run without randomization where that may be switched off.
sanitized() {
    local preset=$1 prefix=()
    shift
    if [[ $preset != release ]]; then
        if setarch "$(uname -m)" -R true 2>/dev/null; then
            prefix+=(setarch "$(uname -m)" -R)
        fi
    fi
    ASAN_OPTIONS=strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1 \
        TSAN_OPTIONS=second_deadlock_stack=1:halt_on_error=1 "${prefix[@]}" "$@"
}

# ctest_run PRESET PART CTEST_ARGUMENT...: results go to .run/results/PRESET/PART/.
ctest_run() {
    local preset=$1 results=$results_dir/$1/$2
    shift 2
    mkdir -p "$results/gtest"
    GTEST_OUTPUT=json:$results/gtest/ GTEST_BRIEF=1 sanitized "$preset" \
        ctest --test-dir "$root/build/$preset" --output-on-failure --output-junit "$results/ctest.xml" \
        --no-tests=ignore "$@"
}

# Failed tests do not end the run: the summary tells.
test_step() {
    phase=tests
    logged "$@"
    if ((logged_status != 0)); then
        failed_steps=$((failed_steps + 1))
    fi
}

# What the release build tests beside the end-to-end tests.
readonly release_labels='^(simulation|tree)$'

unit_tests() {
    test_step "$1: unit tests" ctest_run "$1" unit -LE '^stores$' -j "$(nproc)"
}

# The caller starts the `test` stores anew for each preset: no test meets what an earlier one left.
store_tests() { ctest_run "$1" stores -L '^stores$' -j "$(nproc)"; }

# end_beside, for tests: a failure does not end the run.
end_tests_beside() {
    phase=tests
    end_beside
    ((logged_status == 0)) || failed_steps=$((failed_steps + 1))
}

build_release_tests() {
    local targets
    configure release
    mapfile -t targets < <(list_programs && list_tests release -L "$release_labels|^end_to_end\$" | cut -d' ' -f1 | only_targets release)
    cmake --build --preset release --target "${targets[@]}"
}

build_sanitized_tests() {
    local preset=$1 targets
    configure "$preset"
    mapfile -t targets < <(list_tests "$preset" | cut -d' ' -f1 | only_targets "$preset")
    # The end-to-end tests run beside it and come first.
    nice cmake --build --preset "$preset" --target "${targets[@]}"
}

finish_tests() {
    local status=0
    stop_what_is_ours
    python3 scripts/test_summary.py "$results_dir" >"$run_dir/summary.txt" || status=1
    say ''
    print_times
    print_compiler_cache
    if ((failed_steps > 0 || status > 0)); then
        status=1
        say 'Something failed; the whole output is in .run/log/.'
    fi
    say ''
    cat "$run_dir/summary.txt"
    exit "$status"
}

run_tests() {
    (($# <= 2)) || usage_error './dev test takes a name and a GoogleTest filter'
    is_regular_expression "${1:-}" || usage_error "not a regular expression: $1"
    prepare_run_folder
    take_lock test
    install_packages "${package_groups[@]}" "${test_package_groups[@]}"
    rm -rf -- "$results_dir"
    if (($# > 0)); then
        run_some_tests "$@"
    fi

    build_embedded_mongo
    phase=build
    step 'build the programs and their tests' build_release_tests
    # End-to-end and store tests wait more than they work, so the sanitizers' builds lose little by them.
    use_own_stores end-to-end
    begin_beside 'release: end-to-end tests' ctest_run release end_to_end -L '^end_to_end$' -LE '^timed$' -j "$(nproc)"
    phase=build
    step 'build asan tests' build_sanitized_tests asan
    end_tests_beside
    use_own_stores test
    begin_beside 'asan: store tests' store_tests asan
    phase=build
    step 'build tsan tests' build_sanitized_tests tsan
    end_tests_beside
    test_step 'release: timed end-to-end tests' ctest_run release timed -L '^timed$'
    use_own_stores test
    test_step 'release: simulation, and the checkout' ctest_run release release -L "$release_labels" -j "$(nproc)"
    unit_tests asan
    unit_tests tsan
    use_own_stores test
    test_step 'tsan: store tests' store_tests tsan
    finish_tests
}

is_regular_expression() {
    local status=0
    grep -qE -- "$1" <<<'' 2>/dev/null || status=$?
    ((status <= 1))
}

# Whether a filter selects a test of any of these test programs. One that does not know GoogleTest's options lists none.
filter_matches() {
    local filter=$1 program
    shift
    for program in "$@"; do
        if "$root/build/release/tests/$program" --gtest_list_tests --gtest_filter="$filter" 2>/dev/null |
            grep -q '^  '; then
            return 0
        fi
    done
    return 1
}

# run_some_tests NAME [FILTER]: the release tests whose name matches; 'NAME FILTER' as one argument is accepted, too.
run_some_tests() {
    local name filter='' tests all names labels targets
    read -r name filter <<<"$*"
    phase=build
    step 'configure release' configure release
    mapfile -t all < <(list_tests release)
    mapfile -t tests < <(printf '%s\n' "${all[@]}" | awk '{print $1}' | grep -E -- "$name" || true)
    if ((${#tests[@]} == 0)); then
        printf './dev: no test matches %s; there are\n' "$name" >&2
        printf '%s\n' "${all[@]}" | awk '{print "  " $1}' >&2
        exit 2
    fi
    names=$(printf '|%s' "${tests[@]}")
    names="^(${names:1})\$"
    labels=$(printf '%s\n' "${all[@]}" | awk -v names="$names" '$1 ~ names {$1 = ""; print}')
    if [[ $labels == *end_to_end* ]]; then
        # Not every test is a program.
        mapfile -t targets < <(list_programs && printf '%s\n' "${tests[@]}" | only_targets release)
        step 'build the programs and these tests' cmake --build --preset release --target "${targets[@]}"
    else
        mapfile -t targets < <(printf '%s\n' "${tests[@]}" | only_targets release)
        ((${#targets[@]} == 0)) || step 'build these tests' cmake --build --preset release --target "${targets[@]}"
    fi
    if [[ -n $filter ]]; then
        filter_matches "$filter" "${tests[@]}" || usage_error "no test of ${tests[*]} matches the filter $filter"
        export GTEST_FILTER=$filter
    fi
    if [[ $labels == *[!$'\n']* ]]; then
        build_embedded_mongo
        use_own_stores test
    fi
    test_step "release: $name" ctest_run release some -R "$names"
    finish_tests
}
