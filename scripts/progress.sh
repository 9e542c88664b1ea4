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

# logged LABEL COMMAND...: runs COMMAND, which may be a function, in a subshell with its output in .run/log/LABEL.log.
# Sets `logged_status` and `logged_log` and returns 0 whatever became of it. Must not stand in a condition: bash would
# ignore `set -e` in the whole of COMMAND.
logged() {
    local label=$1 started elapsed
    shift
    logged_log=$log_dir/${label//[^[:alnum:]]/-}.log
    started=$(now_us)
    printf '  %-52s' "$label" >&3
    set +e
    (
        set -e
        "$@"
    ) >"$logged_log" 2>&1 3>&1 </dev/null
    logged_status=$?
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
