# shellcheck shell=bash
# Formatting and static checks. What they find goes to stdout, one line each: "FILE:LINE: MESSAGE [CHECK]".

cpp_files() { find src simulator tests benchmarks -type f \( -name '*.cpp' -o -name '*.hpp' \) | sort; }

format() {
    prepare_run_folder
    install_packages "${lint_package_groups[@]}"
    cpp_files | xargs -r clang-format -i
}

# The files that differ from main, or, on main itself, from the last commit; all where there is no such commit.
changed_cpp_files() {
    local base
    if base=$(git merge-base HEAD main 2>/dev/null || git rev-parse --verify -q HEAD); then
        {
            git diff --name-only --diff-filter=d "$base" -- '*.cpp' '*.hpp'
            git ls-files --others --exclude-standard -- '*.cpp' '*.hpp'
        } | sort -u
    else
        cpp_files
    fi
}

# Of the files on stdin those that clang-tidy can be given: sources, and for a header one source that includes it.
sources_of() {
    local file
    while read -r file; do
        case $file in
            *.cpp) printf '%s\n' "$file" ;;
            *) grep -rlF --include='*.cpp' "#include \"${file#src/}\"" src simulator tests benchmarks | sort | head -n 1 || true ;;
        esac
    done | sort -u
}

# Each check prints its findings and fails when there are any.

# -a: also the files that these source.
check_shell() {
    shellcheck -x -a -f gcc dev .ci/run scripts/phone_number_library.sh tools/embedded_mongo/serve | sed -E 's/^([^:]+:[0-9]+):[0-9]+: [a-z]+: /\1: /'
}

check_format() {
    printf '%s\n' "$@" | xargs -r clang-format --dry-run 2>&1 | awk -F: '
        / \[-Wclang-format-violations\]$/ { if (!($1 in line)) { line[$1] = $2; order[++files] = $1 } ++count[$1] }
        END {
            for (i = 1; i <= files; ++i) {
                file = order[i]
                more = count[file] > 1 ? " (and " count[file] - 1 " more places)" : ""
                print file ":" line[file] ": not as ./dev format writes it" more " [clang-format]"
            }
            exit (files > 0)
        }'
}

# Findings in headers of the system, which are what the source made of them, are told of the source. (The first jump in sed
# resets the flag that cutting off the root has set, and that the second one asks.)
tidy_one() {
    local preset=$1 source=$2 output status=0 checks=''
    # A unity build includes sources, whose names then meet.
    if [[ $preset == lint-all ]]; then
        checks=-bugprone-suspicious-include,-bugprone-forward-declaration-namespace
    fi
    # A test need not reserve room for what it collects.
    case $source in
        tests/* | *_test.cpp | */testing/* | */unity/*_tests/* | */unity/*_testing/* | */unity/*_support/* | */unity/end_to_end_*) checks+=,-performance-inefficient-vector-operation,-performance-inefficient-string-concatenation ;;
    esac
    output=$(clang-tidy --quiet -p "build/$preset" --checks="$checks" "$source" 2>/dev/null) || status=$?
    printf '%s\n' "$output" | sed -nE "
        s#^$root/##
        t was_ours
        :was_ours
        s#^(/[^:]+:[0-9]+):[0-9]+: (warning|error): #$source:1: in \1: #p
        t
        s#^([^:]+:[0-9]+):[0-9]+: (warning|error): #\1: #p"
    if ((status != 0)) && ! grep -qE ': (warning|error): ' <<<"$output"; then
        printf '%s:1: clang-tidy cannot read it [clang-tidy]\n' "$source"
    fi
}

# Headers are included by many sources, so their findings come up repeatedly.
check_tidy() {
    local preset=$1 findings
    shift
    export root
    export -f tidy_one
    # shellcheck disable=SC2016  # It is the inner shell that expands it.
    findings=$(printf '%s\n' "$@" | xargs -r -P "$(nproc)" -I{} bash -c 'tidy_one "$1" "$2"' _ "$preset" {} |
        sort -u -t: -k1,1 -k2,2n -k3)
    [[ -z $findings ]] && return 0
    printf '%s\n' "$findings"
    return 1
}

# What is compiled in a build folder: of the entry FIELD of its compilation database.
compiled() {
    local preset=$1 field=$2
    # Quotation marks and backslashes have a backslash there.
    sed -nE "s/^ *\"$field\": \"(.*)\",?\$/\1/p" "build/$preset/compile_commands.json" | sed 's/\\\(.\)/\1/g' |
        grep -v '/precompiled_for_' | sort -u
}

compile_one() {
    local output
    output=$(cd build/lint && eval "$1 -fsyntax-only" 2>&1) ||
        grep -E '^[^ ]+:[0-9]+:[0-9]+: (fatal )?error: ' <<<"$output" | head -n 3 |
        sed -E "s#^$root/##; s#^([^:]+:[0-9]+):[0-9]+: (fatal )?error: (.*)#\1: \3 [by itself]#"
}

# That no file forgets an include, which unity builds and precompiled headers would hide.
check_each_by_itself() {
    local findings
    export root
    export -f compile_one
    # shellcheck disable=SC2016  # It is the inner shell that expands it.
    findings=$(compiled lint command | tr '\n' '\0' | xargs -0 -r -P "$(nproc)" -I{} bash -c 'compile_one "$1"' _ {})
    [[ -z $findings ]] && return 0
    printf '%s\n' "$findings"
    return 1
}

lint_failed=0

# A step that found something does not keep the others from being run.
lint_step() {
    logged "$@"
    if ((logged_status != 0)); then
        lint_failed=1
        cat -- "$logged_log"
    fi
}

lint() {
    local files sources
    # Progress must not mix with the findings.
    exec 3>&2
    case ${1:-} in
        '' | --all) ;;
        *) usage_error './dev lint takes --all or nothing' ;;
    esac
    (($# <= 1)) || usage_error './dev lint takes --all or nothing'
    prepare_run_folder
    # Those of the build, too: clang-tidy reads what the compiler reads.
    install_packages "${package_groups[@]}" "${lint_package_groups[@]}"
    if [[ ${1:-} == --all ]]; then
        mapfile -t files < <(cpp_files)
    else
        mapfile -t files < <(changed_cpp_files)
    fi

    phase=lint
    lint_step 'shellcheck' check_shell
    if ((${#files[@]} > 0)); then
        lint_step "clang-format (${#files[@]} files)" check_format "${files[@]}"
        # Without precompiled headers: clang-tidy cannot read g++'s.
        step 'configure' configure lint
        if [[ ${1:-} == --all ]]; then
            # As unity builds compile them: what all of them include is looked at once for each dozen.
            step 'configure unity builds' configure lint-all
            mapfile -t sources < <(compiled lint-all file)
            lint_step "clang-tidy (${#files[@]} files)" check_tidy lint-all "${sources[@]}"
            lint_step 'each source by itself' check_each_by_itself
        else
            mapfile -t sources < <(printf '%s\n' "${files[@]}" | sources_of)
            lint_step "clang-tidy (${#sources[@]} sources)" check_tidy lint "${sources[@]}"
        fi
    fi
    print_times
    exit "$lint_failed"
}
