# shellcheck shell=bash
# The demo: mirrors the sample fleets, city by city, into stores that start empty, and reports what happened.

readonly typed_configs=$run_dir/typed_configs.yaml
readonly demo_dir=$run_dir/demo-results

# enable_cities CITY...: writes the configuration by city in which these, and no others, are mirrored.
enable_cities() {
    local cities
    printf -v cities ', %s' "$@"
    cat >"$typed_configs.new" <<YAML
fleet_mirror_enabled:
  default: {enabled: false}
  clauses:
    - title: cities of the demo
      predicate: {type: in_set, arg: city_id, set: [${cities#, }]}
      value: {enabled: true}
YAML
    # Readers see the old file or the new one, never half of it.
    mv -- "$typed_configs.new" "$typed_configs"
}

ensure_typed_configs() {
    if [[ ! -e $typed_configs ]]; then
        printf 'fleet_mirror_enabled:\n  default: {enabled: false}\n' >"$typed_configs"
    fi
}

export_demo_environment() {
    FLEET_MONGO_URI=$(mongo_uri demo)
    FLEET_POSTGRES_DSN=$(postgres_dsn demo)
    FLEET_TYPED_CONFIGS=$typed_configs
    export FLEET_MONGO_URI FLEET_POSTGRES_DSN FLEET_TYPED_CONFIGS
}

print_environment() {
    export_demo_environment
    export_test_environment demo
    local name
    for name in FLEET_MONGO_URI FLEET_POSTGRES_DSN FLEET_TYPED_CONFIGS \
        TWINFLEET_TEST_MONGO_URI TWINFLEET_TEST_POSTGRES_DSN TWINFLEET_EMBEDDED_MONGO_CLASSPATH; do
        printf 'export %s=%q\n' "$name" "${!name}"
    done
}

load_samples() {
    build/bin/sample-fleets load --mongo-uri "$FLEET_MONGO_URI" --samples samples | tail -n 1 >"$demo_dir/load.json"
}

# run_jobs RESULT: exit code 1 is no failure here; it says that something is in quarantine, which the report shows.
run_jobs() {
    local status=0
    build/bin/fleet-synchronizer run all --create-missing --json >"$demo_dir/$1.jsonl" || status=$?
    ((status <= 1))
}

# Exit code 1: there are differences, which the report shows.
verify() {
    local status=0
    build/bin/fleet-synchronizer verify --json >"$demo_dir/verify.jsonl" || status=$?
    ((status <= 1))
}

demo() {
    prepare_run_folder
    print_packages
    say ''
    install_packages
    build_embedded_mongo
    build_programs

    phase=set-up
    step 'start empty stores' stores_start demo
    export_demo_environment
    rm -rf -- "$demo_dir"
    mkdir -p "$demo_dir"

    phase=demo
    step 'create the schema and the indexes' build/bin/fleet-synchronizer migrate
    step 'load the sample fleets' load_samples
    step 'switch Chicago on' enable_cities Chicago
    step 'run all jobs' run_jobs chicago
    step 'switch New York on, too' enable_cities Chicago 'New York'
    step 'run all jobs again' run_jobs new_york
    step 'verify every child' verify

    local status=0
    say ''
    python3 scripts/demo_report.py "$demo_dir" || status=$?
    print_how_to_look_further
    say ''
    print_times
    exit "$status"
}

print_how_to_look_further() {
    local park
    park=$("$(postgres_bin)/psql" "$FLEET_POSTGRES_DSN" -XAtqc 'select min(parent_id) from fleet_sync.parks')
    cat <<TEXT

Look further: the stores run until ./dev down.
  eval "\$(./dev up)"                                             the environment of the commands below
  build/bin/fleet-synchronizer links get parks ${park:-PARK_ID}
  build/bin/fleet-synchronizer quarantine list
  build/bin/fleet-synchronizer run all --full --dry-run          what a run would do
  psql "\$FLEET_POSTGRES_DSN" -c 'table fleet_sync.job_runs'
  Edit .run/typed_configs.yaml to switch cities on, then: build/bin/fleet-synchronizer run all --create-missing
TEXT
}
