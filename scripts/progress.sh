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
    if ((logged_status == 0)); then
        printf '%14s\n' "$(format_us "$elapsed")" >&3
    else
        printf '%14s  FAILED\n' "$(format_us "$elapsed")" >&3
    fi
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
