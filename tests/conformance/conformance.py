"""Tests the running services against the OpenAPI files that they serve, with Schemathesis (see run.sh).

Makes an installation of its own: a database in the PostgreSQL of TWINFLEET_TEST_POSTGRES_DSN, an embedded
MongoDB-protocol server, a Redis, the sample fleets mirrored, users and groups, drivers who are logged in, access-control,
fleet-synchronizer and driver-protocol. Ids of what is there go into dictionaries, from which Schemathesis draws beside what it makes up; that they were drawn is checked in
the end: every success that a file documents must have been answered. Exit code 1 for any finding.
"""

import argparse
import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SERVICES = ("access-control", "fleet-synchronizer", "driver-protocol")
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 15
ENTITIES = ("parks", "work_rules", "cars", "drivers")
PARKS = "SELECT parent_id FROM fleet_sync.parks ORDER BY 1 LIMIT 3"
# Chicago is mirrored, New York is not.
TYPED_CONFIGS = """\
fleet_mirror_enabled:
  default: {enabled: false}
  clauses:
    - title: one of two cities
      predicate: {type: eq, arg: city_id, value: Chicago}
      value: {enabled: true}
"""
# One phone and one address log in more often here than anybody should.
DRIVER_PROTOCOL_CONFIG = """\
login: {starts_per_address_max: 1000000, starts_per_network_max: 1000000, starts_max: 1000000, resend_after_s: 1,
        wrong_guesses_per_address_max: 1000000, wrong_guesses_per_network_max: 1000000, wrong_guesses_max: 1000000,
        codes_per_hour_max: 1000, codes_per_day_max: 1000, strangers_codes_per_hour_max: 1000,
        strangers_codes_per_day_max: 1000, failures_max: 1000000}
"""
TAXIMETER = "Taximeter 9.61 (1234)"


class SetUpError(Exception):
    """Nothing was tested."""


def required_variable(name: str) -> str:
    if not os.environ.get(name):
        raise SetUpError("start the stores: ./dev up, or run ./dev test")
    return os.environ[name]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, timeout_s: float, what: str) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise SetUpError(what)
        time.sleep(0.05)


@contextlib.contextmanager
def background(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen]:
    """A program that ends with this one, even where this one is killed."""
    with log.open("w") as output:
        program = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", *command],
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield program
    finally:
        program.terminate()
        try:
            program.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def run(command: list[str], environment: dict[str, str], log: Path, accepted: tuple[int, ...] = (0,)) -> str:
    with log.open("a") as errors:
        ended = subprocess.run(
            command,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            timeout=120,
            check=False,
        )
    if ended.returncode not in accepted:
        raise SetUpError(
            f"{Path(command[0]).name} {' '.join(command[1:])} ended with {ended.returncode}; the end of {log}:\n"
            + "\n".join(log.read_text().splitlines()[-20:])
        )
    return ended.stdout


def psql(dsn: str, sql: str) -> list[str]:
    ended = subprocess.run(
        ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", f"--command={sql}", dsn],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        raise SetUpError(f"psql: {ended.stderr.strip()}")
    return [line for line in ended.stdout.splitlines() if line]


@contextlib.contextmanager
def own_database(server_dsn: str) -> Iterator[str]:
    name = f"conformance_{secrets.token_hex(6)}"
    psql(server_dsn, f"CREATE DATABASE {name}")
    try:
        yield f"{server_dsn.rpartition('/')[0]}/{name}"
    finally:
        psql(server_dsn, f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def own_mongo(folder: Path) -> Iterator[str]:
    port = free_port()
    log = folder / "embedded-mongo.log"
    with background([str(ROOT / "tools/embedded_mongo/serve"), str(port)], {}, log) as server:

        def listens_or_ended() -> bool:
            return "listening on" in log.read_text() or server.poll() is not None

        wait_until(listens_or_ended, START_TIMEOUT_S, "the embedded MongoDB-protocol server does not start")
        if server.poll() is not None:
            raise SetUpError(f"the embedded MongoDB-protocol server ended: {log.read_text()}")
        yield f"mongodb://127.0.0.1:{port}/"


@contextlib.contextmanager
def own_redis(folder: Path) -> Iterator[str]:
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    log = folder / "redis.log"
    with background(command, {}, log):
        wait_until(lambda: "Ready to accept connections" in log.read_text(), START_TIMEOUT_S, "Redis does not start")
        yield f"redis://127.0.0.1:{port}/0"


@dataclass
class Installation:
    bin: Path
    folder: Path
    dsn: str
    mongo_uri: str
    redis_uri: str
    tokens: dict[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "typed_configs.yaml").write_text(TYPED_CONFIGS)
        (self.folder / "driver-protocol.yaml").write_text(DRIVER_PROTOCOL_CONFIG)
        entries = ["tokens:"]
        for name in ("operator", "synchronizer", "access-control", "driver-protocol"):
            self.tokens[name] = secrets.token_hex(16)
            digest = hashlib.sha256(self.tokens[name].encode()).hexdigest()
            entries.append(f'  - {{name: {name}, sha256: {digest}, endpoints: ["*"]}}')
        tokens = self.folder / "service-tokens.yaml"
        tokens.touch(mode=0o600)
        tokens.write_text("\n".join(entries) + "\n")
        for service in SERVICES:
            self.ports[service] = free_port()

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox.jsonl"

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"

    def environment(self, service: str) -> dict[str, str]:
        return {
            "FLEET_MONGO_URI": self.mongo_uri,
            "FLEET_POSTGRES_DSN": self.dsn,
            "FLEET_REDIS_URI": self.redis_uri,
            "FLEET_SMS_OUTBOX": str(self.outbox),
            "FLEET_TYPED_CONFIGS": str(self.folder / "typed_configs.yaml"),
            "FLEET_SERVICE_TOKENS": str(self.folder / "service-tokens.yaml"),
            "FLEET_SERVICE_TOKEN": self.tokens["synchronizer" if service == "fleet-synchronizer" else service],
            "FLEET_ACCESS_CONTROL_URL": self.url("access-control"),
            "FLEET_SYNCHRONIZER_URL": self.url("fleet-synchronizer"),
        }

    def run(self, program: str, *arguments: str, accepted: tuple[int, ...] = (0,)) -> str:
        service = program if program in SERVICES else "fleet-synchronizer"
        command = [str(self.bin / program), *arguments]
        return run(command, self.environment(service), self.folder / f"{program}.run.log", accepted)

    @contextlib.contextmanager
    def serve(self, service: str) -> Iterator[None]:
        monitor_port = free_port()
        environment = self.environment(service) | {
            "FLEET_LISTEN": f"127.0.0.1:{self.ports[service]}",
            "FLEET_MONITOR_LISTEN": f"127.0.0.1:{monitor_port}",
        }
        log = self.folder / f"{service}.log"

        def end_of_log() -> str:
            return f"the end of {log}:\n" + "\n".join(log.read_text().splitlines()[-20:])

        own = self.folder / f"{service}.yaml"
        command = [str(self.bin / service), "serve", *([f"--config={own}"] if own.exists() else [])]
        with background(command, environment, log) as program:

            def is_ready_or_ended() -> bool:
                if program.poll() is not None:
                    return True
                with contextlib.suppress(OSError):
                    with urllib.request.urlopen(f"http://127.0.0.1:{monitor_port}/ready", timeout=5) as answer:
                        return answer.status == 200
                return False

            wait_until(is_ready_or_ended, START_TIMEOUT_S, f"{service} does not become ready")
            if program.poll() is not None:
                raise SetUpError(f"{service} ended at its start; {end_of_log()}")
            yield
            if program.poll() is not None:
                raise RuntimeError(f"{service} ended with {program.returncode} while it was tested; {end_of_log()}")
        if program.returncode != 0:
            raise RuntimeError(f"{service} ended with {program.returncode} after SIGTERM; {end_of_log()}")

    def call(self, service: str, method: str, target: str, body: object = None, headers: dict[str, str] | None = None) -> dict:
        request = urllib.request.Request(
            self.url(service) + target,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.tokens['operator']}", "Content-Type": "application/json"}
            | (headers or {}),
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as refusal:
            raise SetUpError(f"{service} answers {method} {target} with {refusal.code}: {refusal.read().decode()}") from None

    def column(self, sql: str) -> list[str]:
        return psql(self.dsn, sql)


def make_users(installation: Installation, parks: list[str]) -> dict[str, list[str]]:
    """Users in groups, a user without one, and groups without users, which alone can be removed, in each of the parks."""
    made: dict[str, list[str]] = {"groups": [], "users": [], "logins": ["anna", "boris", "clara"]}

    def make(park: str, kind: str, fields: dict) -> str:
        made[kind].append(installation.call("access-control", "POST", f"/v1/parks/{park}/{kind}", fields)["id"])
        return made[kind][-1]

    for park in parks:
        dispatchers = make(park, "groups", {"name": "Dispatchers", "grants": ["drivers_edit", "cars_view"]})
        for name in ("Accountants", "Photographers", "Night shift"):
            make(park, "groups", {"name": name, "grants": ["reports_view"]})
        for login in made["logins"]:
            group = None if login == "clara" else dispatchers
            make(park, "users", {"login": login, "display_name": login.title(), "group_id": group})
    return made


class DriverLogins:
    """Logins under way and sessions of drivers, one of each driver, in the main app."""

    def __init__(self, installation: Installation, ids: list[str]) -> None:
        self.installation = installation
        items = installation.call("driver-protocol", "POST", "/v1/internal/drivers/retrieve", {"ids": ids})["items"]
        found = [item["driver"] for item in items if item["found"]]
        # Whoever has a phone of his own.
        phones = [driver["phones"][0] for driver in found if driver["work_status"] == "working" and driver["phones"]]
        self.phones = [phone for phone in phones if phones.count(phone) == 1]

    def ask(self, target: str, body: dict) -> dict:
        return self.installation.call("driver-protocol", "POST", target, body, {"User-Agent": TAXIMETER})

    def messages(self, phone: str) -> list[str]:
        lines = self.installation.outbox.read_text().splitlines() if self.installation.outbox.exists() else []
        return [message["text"] for message in map(json.loads, lines) if message["phone"] == phone]

    def started(self) -> dict[str, str]:
        if not self.phones:
            raise SetUpError("too few drivers of the sample fleets can log in")
        phone = self.phones.pop()
        login = self.ask("/v1/login/start", {"phone": phone})
        wait_until(lambda: self.messages(phone), START_TIMEOUT_S, "no text message came")
        return {"login_id": login["login_id"], "code": re.search(r"[0-9]{6}", self.messages(phone)[-1]).group()}

    def verified(self) -> dict[str, str]:
        while True:
            answer = self.ask("/v1/login/verify", self.started())
            if answer["parks"]:
                return {"login_token": answer["login_token"], "park_id": answer["parks"][0]["park_id"]}

    def session(self) -> str:
        return self.ask("/v1/login/park", self.verified())["session_token"]


def driver_environment(installation: Installation, ids: list[str]) -> dict[str, str]:
    """What hooks.py needs to be one of these drivers of parent parks."""
    logins = DriverLogins(installation, ids)
    return {
        "CONFORMANCE_APP": TAXIMETER,
        "CONFORMANCE_LOGIN": json.dumps(logins.started()),
        "CONFORMANCE_LOGIN_PARK": json.dumps(logins.verified()),
        "CONFORMANCE_SESSION": logins.session(),
        # Each is good for one log-out.
        "CONFORMANCE_SESSIONS_TO_END": " ".join(logins.session() for _ in range(5)),
    }


def linked_ids(installation: Installation, entity: str) -> list[str]:
    return installation.column(
        f"(SELECT parent_id FROM fleet_sync.{entity} ORDER BY 1 LIMIT 2) UNION ALL"
        f" (SELECT child_id FROM fleet_sync.{entity} ORDER BY 1 LIMIT 1)"
    )


def unlinked_drivers(installation: Installation) -> list[str]:
    """Parents that a job would make children for."""
    foretold = installation.run(
        "fleet-synchronizer", "run", "drivers", "--full", "--create-missing", "--dry-run", "--json", accepted=(0, 1)
    )
    operations = [json.loads(line) for line in foretold.splitlines()]
    # Their cars are foretold, too.
    unlinked = [op["parent_id"] for op in operations if op.get("op") == "create" and op["entity"] == "drivers"]
    if not unlinked:
        raise SetUpError("every driver of the sample fleets has a child already")
    return unlinked


def dictionaries(installation: Installation, unlinked: list[str]) -> dict[str, list[str | int]]:
    """Values that mean something here, by the names that the configuration files know them by."""
    parents = installation.column(PARKS)
    children = installation.column("SELECT child_id FROM fleet_sync.parks ORDER BY 1 LIMIT 1")
    quarantined = [
        json.loads(line)
        for line in installation.run("fleet-synchronizer", "quarantine", "list", "--json").splitlines()
    ]
    values = make_users(installation, parents[:2]) | {
        "parks": parents[:2] + children,
        "linked": [id for entity in ENTITIES for id in linked_ids(installation, entity)],
        "drivers": linked_ids(installation, "drivers") + unlinked,
        "cities": ["Chicago"],
        "families": ["vezet"],
        "cars": linked_ids(installation, "cars"),
        "quarantined": [entry["id"] for entry in quarantined],
        "quarantined_parks": [entry["parent_park_id"] for entry in quarantined if entry["parent_park_id"]],
    }
    # Runs that have ended, and one that can be cancelled: it waits for ever, as no service here knows its family.
    installation.column(
        "INSERT INTO fleet_sync.job_runs (job, family, mode, dry_run, state, options, heartbeat_at) VALUES"
        " ('cars', 'another', 'full', false, 'waiting', '', now() + interval '1 day')"
    )
    runs = installation.column("SELECT id FROM fleet_sync.job_runs ORDER BY family, id LIMIT 4")
    values["runs"] = [int(run) for run in runs]
    empty = [name for name, list in values.items() if not list]
    if empty:
        raise SetUpError(f"the sample fleets give no {', '.join(empty)}")
    return values


def write_configuration(installation: Installation, service: str, values: dict[str, list[str | int]]) -> Path:
    """Ours with the dictionaries, of which the file knows only the names."""
    text = (HERE / f"{service}.toml").read_text() + "\n[dictionaries]\n"
    for name, entries in values.items():
        # Of JSON's texts all but those with escaped surrogates are TOML's, too.
        text += f"{name} = {{values = {json.dumps(entries, ensure_ascii=False)}}}\n"
    path = installation.folder / f"{service}.toml"
    path.write_text(text)
    return path


def schemathesis(installation: Installation, service: str, configuration: Path, added: dict[str, str]) -> int:
    """Its findings go to stdout; returns its exit code."""
    answers = installation.folder / f"{service}.answers.json"
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        f"--config-file={configuration}",
        "run",
        f"{installation.url(service)}/openapi.yaml",
        "--no-color",
    ]
    environment = {
        "CONFORMANCE_HOOKS": str(HERE / "hooks.py"),
        "CONFORMANCE_TOKEN": installation.tokens["operator"],
        "CONFORMANCE_SYNCHRONIZER_TOKEN": installation.tokens["synchronizer"],
        "CONFORMANCE_ANSWERS": str(answers),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    # It keeps a folder of its own where it runs.
    return subprocess.run(command, env=os.environ | environment | added, cwd=installation.folder, stdin=subprocess.DEVNULL, check=False).returncode


def never_answered(installation: Installation, service: str) -> list[str]:
    """Prints how often each operation was answered with what; returns the documented successes that never were."""
    answers = json.loads((installation.folder / f"{service}.answers.json").read_text())
    print(f"\n{service}: answers by status")
    for operation, counts in sorted(answers.items()):
        print(f"  {operation:45}" + "  ".join(f"{status}: {count}" for status, count in sorted(counts.items())))
    return [
        f"{operation} with {status}"
        for operation, counts in sorted(answers.items())
        for status, count in counts.items()
        if count == 0
    ]


def test(installation: Installation) -> bool:
    """True without findings."""
    installation.run("access-control", "migrate")
    installation.run("fleet-synchronizer", "migrate")
    samples = str(ROOT / "samples")
    installation.run("sample-fleets", "load", "--samples", samples, "--cars-per-park-max=2", "--with-bad-documents=12")
    findings = []
    with contextlib.ExitStack() as services:
        services.enter_context(installation.serve("access-control"))
        # 1: some of the bad documents are in quarantine.
        installation.run("fleet-synchronizer", "run", "all", "--full", accepted=(0, 1))
        # The drivers of other parks are left for the API to make.
        parks = [f"--park={park}" for park in installation.column(PARKS)[:2]]
        installation.run(
            "fleet-synchronizer", "run", "cars", "drivers", "--full", "--create-missing", *parks, accepted=(0, 1)
        )
        services.enter_context(installation.serve("fleet-synchronizer"))
        unlinked = unlinked_drivers(installation)
        services.enter_context(installation.serve("driver-protocol"))
        values = dictionaries(installation, unlinked[1:9])
        for service in SERVICES:
            began_at = time.monotonic()
            sys.stdout.flush()
            configuration = write_configuration(installation, service, values)
            added = {"CONFORMANCE_UNLINKED_DRIVER": unlinked[0]}
            if service == "driver-protocol":
                # None of those that other tests know of.
                added |= driver_environment(installation, unlinked[9:309])
            if schemathesis(installation, service, configuration, added) != 0:
                findings.append(f"{service}: Schemathesis found something, see above")
            for answer in never_answered(installation, service):
                findings.append(f"{service}: {answer} was never answered, so that it is untested")
            print(f"{service}: {time.monotonic() - began_at:.1f} s\n")
    print("\n".join(findings or ["all services do what their OpenAPI files say"]))
    return not findings


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, required=True, help="where the programs are")
    parser.add_argument("--folder", type=Path, required=True, help="for logs and files of the run")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve() / "run"
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        server_dsn = required_variable("TWINFLEET_TEST_POSTGRES_DSN")
        with own_database(server_dsn) as dsn, own_mongo(folder) as mongo_uri, own_redis(folder) as redis_uri:
            return 0 if test(Installation(arguments.bin.resolve(), folder, dsn, mongo_uri, redis_uri)) else 1
    except (SetUpError, RuntimeError) as failure:
        print(failure, file=sys.stderr)
        return 1


sys.exit(main())
