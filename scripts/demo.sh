# shellcheck shell=bash
# The demo: mirrors the sample fleets, city by city, into stores that start empty, and reports what happened.

readonly typed_configs=$run_dir/typed_configs.yaml
readonly demo_dir=$run_dir/demo-results
readonly runs_query='select id, job, mode, created, updated from fleet_sync.job_runs where created + updated > 0 and not dry_run order by id'

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
    FLEET_REDIS_URI=$(redis_uri demo)
    FLEET_TYPED_CONFIGS=$typed_configs
    export FLEET_MONGO_URI FLEET_POSTGRES_DSN FLEET_REDIS_URI FLEET_TYPED_CONFIGS
}

# print_exports NAME...: for a shell to evaluate.
print_exports() {
    local name
    for name in "$@"; do
        printf 'export %s=%q\n' "$name" "${!name}"
    done
}

print_environment() {
    local names=(FLEET_MONGO_URI FLEET_POSTGRES_DSN FLEET_REDIS_URI FLEET_TYPED_CONFIGS) line
    export_demo_environment
    export_service_environment demo developer
    if ((${#services[@]} > 0)); then
        names+=(FLEET_SERVICE_TOKENS FLEET_SERVICE_TOKEN)
        while IFS= read -r line; do
            names+=("${line%%=*}")
        done < <(service_urls demo)
    fi
    print_exports "${names[@]}"
}

load_samples() {
    build/bin/sample-fleets load --mongo-uri "$FLEET_MONGO_URI" --samples samples | tail -n 1 >"$demo_dir/load.json"
}

# run_jobs RESULT ARGUMENT...: exit code 1 is no failure here; it says that something is in quarantine, which the report
# shows.
run_jobs() {
    local status=0 result=$demo_dir/$1.jsonl
    shift
    export_service_environment demo fleet-synchronizer
    build/bin/fleet-synchronizer run "$@" --json >>"$result" || status=$?
    ((status <= 1))
}

ask_the_services() {
    export_service_environment demo operator
    python3 scripts/demo_api.py "$demo_dir"
}

log_a_driver_in() {
    export_service_environment demo operator
    python3 scripts/demo_driver.py "$demo_dir"
}

# As many as may log in from one address within ten minutes, with room for somebody who tries it by hand afterwards. Exit
# code 1: something was not as it should be, which the report shows.
simulate_drivers() {
    local status=0
    export_service_environment demo operator
    build/bin/driver-simulator --drivers 30 --seconds 15 --speed-up 20 --check-interval-s 30 --json \
        >"$demo_dir/simulation.json" || status=$?
    ((status <= 1))
}

# Exit code 1: there are differences, which the report shows.
verify() {
    local status=0
    export_service_environment demo fleet-synchronizer
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
    step 'run all jobs' run_jobs chicago all --create-missing
    step 'switch New York on, too' enable_cities Chicago 'New York'
    step 'run the jobs of parks and rules' run_jobs new_york parks work_rules
    services_start demo
    step 'a driver asks for his child through the API' ask_the_services
    step 'a driver logs in to both apps' log_a_driver_in
    step 'thirty simulated drivers do, too, and drive' simulate_drivers
    # Its jobs hold the leases that the next step needs.
    step 'stop fleet-synchronizer' service_stop demo fleet-synchronizer
    step 'run all jobs again' run_jobs new_york all --create-missing
    services_start demo
    step 'verify every child' verify

    local status=0
    say ''
    python3 scripts/demo_report.py "$demo_dir" || status=$?
    print_how_to_look_further
    say ''
    print_times
    exit "$status"
}

# Of the JSON that sample-fleets load printed: the id and the name of a park that is mirrored, a line each.
park_to_look_at() {
    python3 -c '
import json, sys

park = json.load(open(sys.argv[1]))["first_park"]
print(park["_id"], park["name"], sep="\n")
' "$demo_dir/load.json"
}

# Every line can be pasted whole, and shows something after a demo.
print_how_to_look_further() {
    local park
    mapfile -t park < <(park_to_look_at)
    say ''
    say 'Look further: stores and services run until ./dev down. Paste the lines as they stand, one after another.'
    hint "eval \"\$(./dev up)\"" 'the addresses of stores and services, for the lines below'
    hint "build/bin/fleet-synchronizer links get parks ${park[0]}" "the child of the park \"${park[1]}\""
    hint "curl -sH \"Authorization: Bearer \$FLEET_SERVICE_TOKEN\" \$FLEET_SYNCHRONIZER_URL/v1/parks/${park[0]}/mirror; echo" 'its state in the mirror'
    hint 'build/bin/sample-fleets edit --changes-per-second 5 --seconds 1' 'a dispatcher edits five parents'
    hint 'build/bin/fleet-synchronizer verify' 'the service has carried it over already: all in step'
    hint 'build/bin/driver-simulator --drivers 50 --seconds 30' 'fifty drivers log in to both apps and drive'
    hint "tail -n 2 \"\$FLEET_SMS_OUTBOX\"" 'the last codes that went out to log in'
    hint "psql \"\$FLEET_POSTGRES_DSN\" -P pager=off -c \"$runs_query\"" 'the runs that changed something'
}

hint() { printf '  %s   # %s\n' "$1" "$2" >&3; }
