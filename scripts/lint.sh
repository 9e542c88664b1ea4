# shellcheck shell=bash
# Formatting and static checks.

cpp_files() { find src tests benchmarks samples -type f \( -name '*.cpp' -o -name '*.hpp' \) | sort; }

format() {
    prepare_run_folder
    install_packages "${lint_package_groups[@]}"
    cpp_files | xargs -r clang-format -i
}

check_format() { cpp_files | xargs -r clang-format --dry-run -Werror; }

# -a: also the files that these source.
check_shell() { shellcheck -x -a dev .ci/run; }

# The sources that differ from main, or, on main itself, from the last commit; all where there is no such commit.
changed_sources() {
    local base
    if base=$(git merge-base HEAD main 2>/dev/null || git rev-parse --verify -q HEAD); then
        {
            git diff --name-only --diff-filter=d "$base" -- '*.cpp'
            git ls-files --others --exclude-standard -- '*.cpp'
        } | sort -u
    else
        cpp_files | grep '\.cpp$'
    fi
}

check_tidy() {
    # Anchored at the end, as run-clang-tidy matches its arguments against absolute paths.
    local patterns=() file findings status=0
    for file in "$@"; do
        patterns+=("/${file//./\\.}\$")
    done
    # It exits with 0 on warnings, and repeats those of a header for every source that includes it.
    run-clang-tidy -quiet -p build/release -j "$(nproc)" "${patterns[@]}" | sed 's/\x1b\[[0-9;]*m//g' |
        tee "$run_dir/clang-tidy.txt" || status=$?
    findings=$(grep -E ': (warning|error): ' "$run_dir/clang-tidy.txt" | sort -u || true)
    if [[ -n $findings ]]; then
        printf '\nFindings (with their context: .run/clang-tidy.txt):\n%s\n' "$findings"
        status=1
    fi
    return "$status"
}

lint() {
    local sources
    case ${1:-} in
        '' | --all) ;;
        *) usage_error './dev lint takes --all or nothing' ;;
    esac
    prepare_run_folder
    # Those of the build, too: clang-tidy reads what the compiler reads.
    install_packages "${package_groups[@]}" "${lint_package_groups[@]}"
    phase=lint
    step 'shellcheck' check_shell
    step 'clang-format' check_format
    if [[ ${1:-} == --all ]]; then
        mapfile -t sources < <(cpp_files | grep '\.cpp$')
    else
        mapfile -t sources < <(changed_sources)
    fi
    if ((${#sources[@]} > 0)); then
        step 'configure release' configure release
        step "clang-tidy (${#sources[@]} sources)" check_tidy "${sources[@]}"
    fi
    print_times
}
