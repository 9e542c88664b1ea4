# shellcheck shell=bash
# The services that ./dev up starts beside a pair of stores, and what they share. Of a service NAME, which is the program
# build/bin/NAME, there is in .run/PAIR/:
#   NAME.pid, NAME.api, NAME.monitor   its process and its ports on 127.0.0.1
# and for all of them
#   service-tokens.yaml                who may call whom: digests of the tokens (FLEET_SERVICE_TOKENS)
#   tokens/HOLDER                      the tokens themselves (FLEET_SERVICE_TOKEN), for their owner's eyes
#   sms-outbox.jsonl                   text messages that driver-protocol would send (FLEET_SMS_OUTBOX)
#   driver-protocol-data/              dumps of its caches (FLEET_DATA_DIR)
# Their logs are .run/log/NAME-PAIR.log. PostgreSQL is one database for all, in which each has a schema of its own.

# In the order in which they start: who is called first. A new one needs ports in preferred_port, and if others call it, a
# line in service_urls.
readonly services=(access-control fleet-synchronizer driver-protocol)

# Tokens: HOLDER, the name that the token stands for, and what it may call, with commas between. Each service may call what it
# needs and no more. The others are for people: `operator` for one with curl and for the demo, which may not write into child
# parks, and `developer` for the shell that evaluates `./dev up`, whose fleet-synchronizer commands may.
readonly service_tokens=(
    'fleet-synchronizer synchronizer GET /v1/internal/*,POST /v1/internal/*,POST /v1/users'
    'access-control access-control GET /v1/links/*,POST /v1/links/*'
    'driver-protocol driver-protocol POST /v1/children/drivers,GET /v1/links/*'
    'operator operator *'
    'developer synchronizer *'
)

# Those that have a `migrate`.
service_has_schema() { [[ $1 != driver-protocol ]]; }

# make_service_tokens PAIR: new random ones for the holders that have none, and a file of these tokens and no others.
make_service_tokens() {
    local pair=$1 folder=$run_dir/$1/tokens file=$run_dir/$1/service-tokens.yaml entry holder name endpoints
    [[ -d $folder ]] || mkdir -m 700 "$folder"
    # Others have no business with them.
    (
        umask 077
        printf 'tokens:\n' >"$file.new"
        for entry in "${service_tokens[@]}"; do
            read -r holder name endpoints <<<"$entry"
            [[ -e $folder/$holder ]] ||
                python3 -c 'import secrets; print(secrets.token_hex(32), end="")' >"$folder/$holder"
            printf '  - {name: %s, sha256: %s, endpoints: ["%s"]}\n' "$name" \
                "$(sha256sum <"$folder/$holder" | cut -d' ' -f1)" "${endpoints//,/\", \"}" >>"$file.new"
        done
    )
    mv -- "$file.new" "$file"
}

service_address() { printf '127.0.0.1:%s' "$(stored "$1" "$2.$3")"; }

# Addresses of the services that others call, as NAME=VALUE. Of driver-protocol also
# where its text messages go.
service_urls() {
    local pair=$1 name
    for name in "${services[@]}"; do
        [[ -e $run_dir/$pair/$name.api ]] || continue
        case $name in
            access-control) printf 'FLEET_ACCESS_CONTROL_URL=http://%s\n' "$(service_address "$pair" "$name" api)" ;;
            fleet-synchronizer) printf 'FLEET_SYNCHRONIZER_URL=http://%s\n' "$(service_address "$pair" "$name" api)" ;;
            driver-protocol)
                printf 'FLEET_DRIVER_PROTOCOL_URL=http://%s\n' "$(service_address "$pair" "$name" api)"
                printf 'FLEET_SMS_OUTBOX=%s\n' "$run_dir/$pair/sms-outbox.jsonl"
                ;;
        esac
    done
}

# export_service_environment PAIR HOLDER: what the HOLDER of a token needs to call the services. Without services there is
# nothing.
export_service_environment() {
    local pair=$1 holder=$2 line
    ((${#services[@]} > 0)) || return 0
    export FLEET_SERVICE_TOKENS=$run_dir/$pair/service-tokens.yaml
    FLEET_SERVICE_TOKEN=$(stored "$pair" "tokens/$holder")
    export FLEET_SERVICE_TOKEN
    # Instead of a gateway: whoever tries it out reads the codes there.
    export FLEET_SMS_OUTBOX=$run_dir/$pair/sms-outbox.jsonl
    export FLEET_DATA_DIR=$run_dir/$pair/driver-protocol-data
    while IFS= read -r line; do
        export "${line?}"
    done < <(service_urls "$pair")
}

# http_answers PORT PATH: with 200.
http_answers() {
    local status
    exec 4<>"/dev/tcp/127.0.0.1/$1" || return 1
    printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' "$2" >&4
    IFS= read -r -t 5 status <&4 || status=''
    exec 4>&-
    [[ $status == *' 200 '* ]]
} 2>/dev/null

service_alive() { process_is "$(stored "$1" "$2.pid")" "$root/build/bin/$2 serve"; }
service_gone() { ! service_alive "$1" "$2"; }
service_ready() { service_alive "$1" "$2" && http_answers "$(stored "$1" "$2.monitor")" /ready; }
service_ready_or_gone() { service_ready "$1" "$2" || service_gone "$1" "$2"; }

# Its environment is that of the pair's stores (export_demo_environment) with its own addresses and token.
service_start() {
    local pair=$1 name=$2 attempt kind port server_log=$log_dir/$2-$1.log
    export_service_environment "$pair" "$name"
    ! service_has_schema "$name" || "$root/build/bin/$name" migrate
    [[ -d $FLEET_DATA_DIR ]] || mkdir -m 700 "$FLEET_DATA_DIR"
    local options=()
    if [[ $name == driver-protocol ]]; then
        # Everybody who tries it out, simulated drivers above all, logs in from this machine.
        sed -E 's/^(  (starts|wrong_guesses)(_per_address|_per_network)?_max|    (messages|per_country|per_park)_max): .*/\1: 1000000/' \
            "$root/src/apps/driver_protocol/config.yaml" \
            >"$run_dir/$pair/driver-protocol.yaml"
        options=(--config "$run_dir/$pair/driver-protocol.yaml")
    fi
    for attempt in 1 2 3; do
        for kind in api monitor; do
            port=$(stored "$pair" "$name.$kind")
            port=$(free_port "${port:-$(preferred_port "$pair/$name/$kind")}")
            printf '%s\n' "$port" >"$run_dir/$pair/$name.$kind"
        done
        # A session of its own, so that a Ctrl-C meant for ./dev does not reach it.
        FLEET_LISTEN=$(service_address "$pair" "$name" api) FLEET_MONITOR_LISTEN=$(service_address "$pair" "$name" monitor) \
            setsid "$root/build/bin/$name" serve "${options[@]}" >"$server_log" 2>&1 </dev/null 3>&- 9>&- &
        printf '%s\n' "$!" >"$run_dir/$pair/$name.pid"
        # It is not yet itself until setsid has become it.
        wait_until 5 service_alive "$pair" "$name" || true
        if wait_until "$start_timeout_s" service_ready_or_gone "$pair" "$name" && service_ready "$pair" "$name"; then
            return 0
        fi
        printf 'attempt %d failed:\n' "$attempt"
        tail -n 20 "$server_log"
        service_stop "$pair" "$name"
    done
    return 1
}

service_stop() {
    local pair=$1 name=$2 pid
    if service_alive "$pair" "$name"; then
        pid=$(stored "$pair" "$name.pid")
        kill "$pid"
        wait_until "$stop_timeout_s" service_gone "$pair" "$name" || kill -KILL "$pid" || true
    fi
    rm -f -- "$run_dir/$pair/$name.pid"
}

services_start() {
    local pair=$1 name
    make_service_tokens "$pair"
    # All before the first start: services call each other both ways.
    for name in "${services[@]}"; do
        [[ -s $run_dir/$pair/$name.api ]] ||
            free_port "$(preferred_port "$pair/$name/api")" >"$run_dir/$pair/$name.api"
    done
    for name in "${services[@]}"; do
        service_alive "$pair" "$name" || step "start $name" service_start "$pair" "$name"
    done
}

# In reverse order: who calls, first.
services_stop() {
    local pair=$1 index
    for ((index = ${#services[@]} - 1; index >= 0; --index)); do
        service_stop "$pair" "${services[index]}"
    done
}
