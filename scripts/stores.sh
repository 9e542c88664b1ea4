# shellcheck shell=bash
# The stores: PostgreSQL, the embedded MongoDB-protocol server and Redis, in sets that do not know of each other: `demo`,
# `test`, `end-to-end` (beside `test`), `bench` and `by-hand` (./dev test-stores). A set lives in .run/NAME/:
#   mongo.pid, mongo.port            the server; its data is in its memory
#   postgres.home, postgres.port     where the cluster is (a path) and its port
#   redis.pid, redis.port, redis/    the server and its data
# As MongoDB's data ends with its process, that of the others goes with it: a set is always started empty, and stopping
# it removes everything. All listen on 127.0.0.1 only. A redis-server of Debian's own, running or not, is left alone.

readonly postgres_user=twinfleet
readonly postgres_database=twinfleet
readonly start_timeout_s=60
readonly stop_timeout_s=15

# stored NAME FILE: what a file of the set says, nothing where there is none.
stored() { cat "$run_dir/$1/$2" 2>/dev/null || true; }

mongo_uri() { printf 'mongodb://127.0.0.1:%s/' "$(stored "$1" mongo.port)"; }

redis_uri() { printf 'redis://127.0.0.1:%s/0' "$(stored "$1" redis.port)"; }

postgres_dsn() {
    printf 'postgresql://%s@127.0.0.1:%s/%s' "$postgres_user" "$(stored "$1" postgres.port)" "$postgres_database"
}

stores_start() {
    local name=$1
    stores_stop "$name"
    mkdir -p "$run_dir/$name"
    postgres_start "$name"
    redis_start "$name"
    mongo_start "$name"
}

# Robust against half a start: whatever is there is stopped and removed, services that use them first.
stores_stop() {
    local name=$1
    services_stop "$name"
    mongo_stop "$name"
    redis_stop "$name"
    postgres_stop "$name"
    rm -rf -- "${run_dir:?}/$name"
}

stores_running() { mongo_running "$1" && postgres_running "$1" && redis_running "$1"; }

# A process id in a file may have outlived its process and be another's by now: its command line must contain TEXT.
process_is() {
    local pid=$1 text=$2
    [[ $pid =~ ^[0-9]+$ && -r /proc/$pid/cmdline ]] || return 1
    tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "$text"
}

# wait_until TIMEOUT_S COMMAND...: polls, for the want of anything to wait on.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.05
    done
}

# Prints PREFERRED if it is free, else any free port. Somebody else may take it before it is used, so the callers retry.
free_port() {
    python3 - "$1" <<'PYTHON'
import socket, sys

for port in (int(sys.argv[1]), 0):
    with socket.socket() as probe:
        # As the servers do: a port of connections that have just closed counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(probe.getsockname()[1])
        break
PYTHON
}

# Ports that people may get used to; 0: any. Those of services: SET/SERVICE/api and SET/SERVICE/monitor.
preferred_port() {
    case $1 in
        demo/postgres) echo 15432 ;;
        demo/mongo) echo 27117 ;;
        demo/redis) echo 16379 ;;
        demo/fleet-synchronizer/api) echo 18081 ;;
        demo/fleet-synchronizer/monitor) echo 19081 ;;
        demo/access-control/api) echo 18082 ;;
        demo/access-control/monitor) echo 19082 ;;
        demo/driver-protocol/api) echo 18083 ;;
        demo/driver-protocol/monitor) echo 19083 ;;
        *) echo 0 ;;
    esac
}

# ---- PostgreSQL ----

postgres_bin() { printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1; }

# PostgreSQL refuses to run as root. It starts in /, as it may not be allowed into the folder that we stand in, and
# without our descriptors for progress (3) and the lock (9), which a server would keep open.
as_postgres() {
    (
        cd /
        if ((EUID == 0)); then
            exec runuser -u postgres -- "$@"
        else
            exec "$@"
        fi
    ) 3>&- 9>&-
}

# Makes the folder of the cluster, below .run/ if the user postgres can get there, and prints its path.
postgres_make_home() {
    local home=$run_dir/$1/postgres
    mkdir -m 700 "$home"
    if ((EUID == 0)); then
        chown postgres: "$home"
        if ! as_postgres test -w "$home"; then
            rmdir "$home"
            home=$(mktemp -d /var/tmp/twinfleet-postgres.XXXXXX)
            chown postgres: "$home"
        fi
    fi
    printf '%s\n' "$home" | tee "$run_dir/$1/postgres.home"
}

postgres_settings() {
    cat <<'TEXT'
listen_addresses = '127.0.0.1'
# No socket file: its path may be no longer than 107 bytes, and a checkout's can be.
unix_socket_directories = ''
TEXT
    case $1 in
        # Tests make and drop many small databases, and none of them outlives a crash. Several run side by side, some with
        # three replicas of a service.
        test | end-to-end) printf '%s\n' 'max_connections = 400' 'shared_buffers = 32MB' 'fsync = off' 'synchronous_commit = off' 'full_page_writes = off' ;;
    esac
}

postgres_start() {
    local name=$1 bin home port attempt
    bin=$(postgres_bin)
    home=$(postgres_make_home "$name")
    as_postgres "$bin/initdb" -D "$home/data" -U "$postgres_user" --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
        --no-sync --no-instructions
    as_postgres tee "$home/data/pg_hba.conf" >/dev/null <<<'host all all 127.0.0.1/32 trust'
    postgres_settings "$name" | as_postgres tee -a "$home/data/postgresql.conf" >/dev/null
    for attempt in 1 2 3; do
        port=$(free_port "$(preferred_port "$name/postgres")")
        printf '%s\n' "$port" >"$run_dir/$name/postgres.port"
        if as_postgres "$bin/pg_ctl" -D "$home/data" -l "$home/server.log" -o "-p $port" \
            -w -t "$start_timeout_s" start; then
            as_postgres "$bin/createdb" -h 127.0.0.1 -p "$port" -U "$postgres_user" -w "$postgres_database" \
                --maintenance-db=postgres
            return 0
        fi
        printf 'attempt %d failed:\n' "$attempt"
        as_postgres tail -n 20 "$home/server.log" || true
    done
    return 1
}

postgres_alive() {
    local home pid
    home=$(stored "$1" postgres.home)
    pid=$(head -n 1 "$home/data/postmaster.pid" 2>/dev/null) || return 1
    process_is "$pid" "$home/data"
}

postgres_running() {
    postgres_alive "$1" &&
        "$(postgres_bin)/pg_isready" -q -h 127.0.0.1 -p "$(stored "$1" postgres.port)" -d "$postgres_database"
}

postgres_stop() {
    local name=$1 home
    home=$(stored "$name" postgres.home)
    if postgres_alive "$name"; then
        # Its data is removed next, so there is nothing to shut down in good order.
        as_postgres "$(postgres_bin)/pg_ctl" -D "$home/data" -m immediate -w -t "$stop_timeout_s" stop
    fi
    case $home in
        "$run_dir/$name/postgres" | /var/tmp/twinfleet-postgres.*) rm -rf -- "$home" ;;
    esac
}

# ---- Redis ----

redis_settings() {
    case $1 in
        test | end-to-end) printf '%s\n' --appendonly no ;;
        # As it runs in production: a crash costs the last two seconds at most, a stop nothing.
        *) printf '%s\n' --appendonly yes --appendfsync everysec ;;
    esac
}

redis_start() {
    local name=$1 home=$run_dir/$1/redis server_log=$log_dir/redis-$1.log pid port attempt settings
    mapfile -t settings < <(redis_settings "$name")
    for attempt in 1 2 3; do
        rm -rf -- "$home"
        mkdir -m 700 "$home"
        port=$(free_port "$(preferred_port "$name/redis")")
        printf '%s\n' "$port" >"$run_dir/$name/redis.port"
        # A session of its own, so that a Ctrl-C meant for ./dev does not reach it.
        setsid redis-server --bind 127.0.0.1 --port "$port" --dir "$home" --set-proc-title no --save '' "${settings[@]}" \
            >"$server_log" 2>&1 </dev/null 3>&- 9>&- &
        pid=$!
        printf '%s\n' "$pid" >"$run_dir/$name/redis.pid"
        if wait_until "$start_timeout_s" redis_up_or_gone "$pid" "$server_log" && redis_running "$name"; then
            return 0
        fi
        printf 'attempt %d failed:\n' "$attempt"
        tail -n 20 "$server_log"
        redis_stop "$name"
    done
    return 1
}

# The server's word, as another process might answer on a port that it did not get.
redis_up_or_gone() { grep -qs 'Ready to accept connections' "$2" || ! kill -0 "$1" 2>/dev/null; }

redis_alive() { process_is "$(stored "$1" redis.pid)" "--dir $run_dir/$1/redis "; }

redis_gone() { ! redis_alive "$1"; }

redis_running() { redis_alive "$1" && port_answers "$(stored "$1" redis.port)"; }

redis_stop() {
    local name=$1 pid
    if redis_alive "$name"; then
        pid=$(stored "$name" redis.pid)
        kill "$pid"
        wait_until "$stop_timeout_s" redis_gone "$name" || kill -KILL "$pid" || true
    fi
    rm -f -- "$run_dir/$name/redis.pid"
}

# ---- the embedded MongoDB-protocol server ----

readonly embedded_mongo_dir=$root/tools/embedded_mongo

embedded_mongo_sources_hash() {
    (cd "$embedded_mongo_dir" && find pom.xml src -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
}

embedded_mongo_package() {
    cd -- "$embedded_mongo_dir"
    # Libraries of an earlier version would stay on the class path.
    rm -rf target
    mvn -q -B -Dstyle.color=never package dependency:copy-dependencies -DoutputDirectory=target/lib
    embedded_mongo_sources_hash >target/sources.sha256
}

embedded_mongo_is_built() {
    [[ $(cat "$embedded_mongo_dir/target/sources.sha256" 2>/dev/null) == "$(embedded_mongo_sources_hash)" ]]
}

# Only when its sources have changed.
build_embedded_mongo() {
    if ! embedded_mongo_is_built; then
        phase=set-up
        step 'build the embedded MongoDB-protocol server' embedded_mongo_package
    fi
}

mongo_start() {
    local name=$1 pid port attempt server_log=$log_dir/embedded-mongo-$1.log
    for attempt in 1 2 3; do
        port=$(free_port "$(preferred_port "$name/mongo")")
        printf '%s\n' "$port" >"$run_dir/$name/mongo.port"
        # A session of its own, so that a Ctrl-C meant for ./dev does not reach it.
        setsid "$embedded_mongo_dir/serve" "$port" >"$server_log" 2>&1 </dev/null 3>&- 9>&- &
        pid=$!
        printf '%s\n' "$pid" >"$run_dir/$name/mongo.pid"
        if wait_until "$start_timeout_s" mongo_up_or_gone "$pid" "$server_log" && mongo_running "$name"; then
            return 0
        fi
        printf 'attempt %d failed:\n' "$attempt"
        tail -n 20 "$server_log"
        mongo_stop "$name"
    done
    return 1
}

port_answers() { (exec 4<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The server's word, as another process might answer on a port that it did not get.
mongo_up_or_gone() { grep -qs '^listening on' "$2" || ! kill -0 "$1" 2>/dev/null; }

mongo_alive() { process_is "$(stored "$1" mongo.pid)" " EmbeddedMongo $(stored "$1" mongo.port) "; }

mongo_gone() { ! mongo_alive "$1"; }

mongo_running() { mongo_alive "$1" && port_answers "$(stored "$1" mongo.port)"; }

mongo_stop() {
    local name=$1 pid
    if mongo_alive "$name"; then
        pid=$(stored "$name" mongo.pid)
        kill "$pid"
        wait_until "$stop_timeout_s" mongo_gone "$name" || kill -KILL "$pid" || true
    fi
    rm -f -- "$run_dir/$name/mongo.pid"
}
