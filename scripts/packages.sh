# shellcheck shell=bash
# What is installed from Debian, by purpose: all that Twinfleet needs beyond a minimal Debian 12.

readonly package_groups=(
    'compiler and build:     build-essential g++ cmake ninja-build pkg-config'
    'faster builds:          ccache mold'
    'MongoDB client:         libmongoc-dev libbson-dev'
    'PostgreSQL client:      libpqxx-dev'
    'Redis client:           libhiredis-dev'
    # Its headers: scripts/phone_number_library.sh.
    'phone numbers:          libphonenumber8 libprotobuf-dev libabsl-dev libicu-dev'
    'logs and configuration: libspdlog-dev libyaml-cpp-dev libcli11-dev'
    'HTTP, JSON, URLs:       libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev'
    'HTTP client:            libcurl4-openssl-dev libssl-dev'
    'metrics, hashes:        prometheus-cpp-dev libsodium-dev libxxhash-dev'
    'memory allocator:       libjemalloc-dev'
    'tests and benchmarks:   libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev'
    'PostgreSQL server:      postgresql'
    'Redis server:           redis-server'
    'MongoDB stand-in:       default-jdk-headless maven'
    'reports of ./dev:       python3'
)
# Beside those above, for `./dev test`.
readonly test_package_groups=(
    'tests of the APIs:      python3-venv'
    'tests of deploy/:       prometheus systemd lintian docker-compose python3-yaml adduser ca-certificates'
)
# Beside those above, for `./dev bench`.
readonly bench_package_groups=(
    'load on HTTP:           wrk'
)
readonly lint_package_groups=(
    'lint:                   clang-format clang-tidy python3-yaml shellcheck git'
)
readonly from_maven='mongo-java-server and its H2 backend, slf4j-simple (versions: tools/embedded_mongo/pom.xml)'

# packages_of GROUP...: one a line.
packages_of() {
    local group words
    for group in "$@"; do
        read -ra words <<<"${group#*:}"
        printf '%s\n' "${words[@]}"
    done
}

print_packages() {
    local group packages missing
    mapfile -t packages < <(packages_of "${package_groups[@]}")
    mapfile -t missing < <(missing_packages "${packages[@]}")
    if ((${#missing[@]} == 0)); then
        say 'From Debian, already installed:'
    else
        say "From Debian, ${#missing[@]} of ${#packages[@]} packages to be installed:"
    fi
    printf '  %s\n' "${package_groups[@]}" >&3
    if embedded_mongo_is_built; then
        say 'From Maven Central, already there:'
    else
        say 'From Maven Central:'
    fi
    say "  MongoDB stand-in:       $from_maven"
}

# Prints those of the packages given that are not installed.
missing_packages() {
    local package installed
    # dpkg-query fails when it does not know one of them.
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
        sed -n 's/ installed$//p' || true)
    for package in "$@"; do
        grep -qxF -- "$package" <<<"$installed" || printf '%s\n' "$package"
    done
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo "$@"
    fi
}

apt_install() {
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
    local install=("${apt[@]}" install -y --no-install-recommends "$@")
    # Package lists may be missing (a container image) or stale (a file that the mirror has replaced since).
    if ! apt-get install -s --no-install-recommends "$@" >/dev/null 2>&1; then
        as_root "${apt[@]}" update
        as_root "${install[@]}"
    elif ! as_root "${install[@]}"; then
        as_root "${apt[@]}" update
        as_root "${install[@]}"
    fi
}

# install_packages [GROUP...]: installs what is missing of the groups, by default of package_groups.
install_packages() {
    local packages missing
    command -v apt-get >/dev/null || fail 'this needs Debian 12: there is no apt-get here'
    (($# > 0)) || set -- "${package_groups[@]}"
    mapfile -t packages < <(packages_of "$@")
    mapfile -t missing < <(missing_packages "${packages[@]}")
    ((${#missing[@]} > 0)) || return 0

    say "To be installed from Debian: ${missing[*]}"
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "no sudo here: let root run apt-get install ${missing[*]}"
        # Ask for a password, if there must be one, before the output goes to a log.
        sudo -n true 2>/dev/null || sudo -v || fail "sudo refused: let root run apt-get install ${missing[*]}"
    fi
    phase=set-up
    step "install ${#missing[@]} packages" apt_install "${missing[@]}"
}
