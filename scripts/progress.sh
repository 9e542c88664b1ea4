# shellcheck shell=bash
# Progress: one line a step with the time it took, its output in a log, and the times of the phases at the end.
# Progress goes to file descriptor 3, so that `./dev up` can keep stdout for what a shell evaluates.

readonly run_dir=$root/.run
readonly log_dir=$run_dir/log

# The phase that steps are booked on: one of those that print_times knows.
phase=set-up
declare -A phase_us=()

say() { printf '%s\n' "$*" >&3; }

fail() {
    printf './dev: %s\n' "$*" >&2
    exit 1
}

usage_error() {
    printf './dev: %s; see ./dev help\n' "$*" >&2
    exit 2
}

prepare_run_folder() {
    if [[ -e $run_dir && ! -O $run_dir ]]; then
        fail ".run/ belongs to $(stat -c %U "$run_dir"): run ./dev as that user, or let that user run ./dev clean"
    fi
    mkdir -p "$log_dir"
    rm -f -- "$CCACHE_STATSLOG"
}

now_us() { printf '%s' "${EPOCHREALTIME/./}"; }

format_us() {
    local tenths=$(($1 / 100000))
    if ((tenths < 600)); then
        printf '%d.%d s' $((tenths / 10)) $((tenths % 10))
    else
        printf '%d min %02d s' $((tenths / 600)) $((tenths % 600 / 10))
    fi
}

book() {
    phase_us[$phase]=$((${phase_us[$phase]:-0} + $1))
}

# How far the build has come that writes this log, in the line of the step; until it is killed.
show_how_far() {
    local label=$1 log=$2 how_far
    # Background processes do not hear Ctrl-C.
    while sleep 1 && kill -0 "$$"; do
        how_far=$(tail -c 4096 "$log" 2>/dev/null | grep -oE '^\[[0-9]+/[0-9]+\]' | tail -n 1) || continue
        printf '\r  %-52s%14s' "$label" "$how_far" >&3
    done
}

# logged LABEL COMMAND...: runs COMMAND, which may be a function, in a subshell with its output in .run/log/LABEL.log.
# Sets `logged_status` and `logged_log` and returns 0 whatever became of it. Must not stand in a condition: bash would
# ignore `set -e` in the whole of COMMAND.
logged() {
    local label=$1 started elapsed watcher=''
    shift
    logged_log=$log_dir/${label//[^[:alnum:]]/-}.log
    started=$(now_us)
    printf '  %-52s' "$label" >&3
    if [[ -t 3 ]]; then
        : >"$logged_log"
        show_how_far "$label" "$logged_log" 2>/dev/null &
        watcher=$!
    fi
    set +e
    (
        set -e
        "$@"
    ) >"$logged_log" 2>&1 3>&1 </dev/null
    logged_status=$?
    if [[ -n $watcher ]]; then
        kill "$watcher"
        wait "$watcher" 2>/dev/null
        printf '\r  %-52s' "$label" >&3
    fi
    set -e
    elapsed=$(($(now_us) - started))
    book "$elapsed"
    print_outcome "$elapsed"
}

# begin_beside LABEL COMMAND...: as `logged`, but the script goes on; one at a time. end_beside waits for it, prints its line
# and sets `logged_status`. stop_beside ends it, for a script that ends before.
beside_pid='' beside_label='' beside_log='' beside_started=0
begin_beside() {
    beside_label=$1
    shift
    beside_log=$log_dir/${beside_label//[^[:alnum:]]/-}.log
    beside_started=$(now_us)
    say "  $beside_label: beside what follows"
    # In a process group of its own, with everything that it starts.
    set -m
    (
        set -e
        "$@"
    ) >"$beside_log" 2>&1 3>&1 </dev/null &
    beside_pid=$!
    set +m
}

end_beside() {
    local waited_from
    waited_from=$(now_us)
    logged_status=0
    wait "$beside_pid" || logged_status=$?
    beside_pid=''
    logged_log=$beside_log
    # Only the time that nothing else ran counts.
    book $(($(now_us) - waited_from))
    printf '  %-52s' "$beside_label" >&3
    print_outcome $(($(now_us) - beside_started))
}

stop_beside() {
    [[ -n $beside_pid ]] || return 0
    kill -- "-$beside_pid" 2>/dev/null || true
    wait "$beside_pid" 2>/dev/null || true
    beside_pid=''
}

# The end of the line of a step, by `logged_status`.
print_outcome() {
    local failed=''
    ((logged_status == 0)) || failed='  FAILED'
    printf '%14s%s\n' "$(format_us "$1")" "$failed" >&3
}

# What ccache did since the script began: it is told to keep count in a file of ours.
export CCACHE_STATSLOG=$run_dir/ccache-stats.log
print_compiler_cache() {
    [[ -s $CCACHE_STATSLOG ]] || return 0
    say "Compiler cache: $(ccache --show-log-stats | sed -nE 's/^ *(Hits|Misses): +/\1 /p' | head -n 2 | tr -s ' ' | paste -sd, | sed 's/,/, /')."
}

# As `logged`, but a failure shows the end of the log and ends the script.
step() {
    logged "$@"
    if ((logged_status != 0)); then
        {
            printf '\nThe last lines of %s:\n' "${logged_log#"$root/"}"
            tail -n 40 "$logged_log"
        } >&2
        exit 1
    fi
}

print_times() {
    local name line='' total=0
    for name in set-up build tests demo lint; do
        [[ -v "phase_us[$name]" ]] || continue
        line+="$name $(format_us "${phase_us[$name]}"), "
        total=$((total + phase_us[$name]))
    done
    say "Times: ${line}together $(format_us "$total")."
}
