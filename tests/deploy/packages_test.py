"""The Debian packages, from packing what is built to purging it, with the programs run in between as their units say.

The packages are installed into a throw-away root: an overlay of this machine's, whose writes go to memory. What is left
there after a purge is what a package would leave on a machine. There is no systemd in it: users, environment files and
commands are taken from the units, the sandbox but for capabilities and new privileges is not.
"""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from metrics_of_sources import REPOSITORY, exported_metrics

IN_NAMESPACE = "TWINFLEET_IN_MOUNT_NAMESPACE"
FOLDER = "TWINFLEET_PACKAGES_TEST_FOLDER"
BUILD = Path(os.environ.get("TWINFLEET_BUILD_DIR", REPOSITORY / "build" / "release"))
START_TIMEOUT_S = 30
SERVICES = ("fleet-synchronizer", "access-control", "driver-protocol")
SERVICES_WITH_SCHEMA = ("fleet-synchronizer", "access-control")
# What dpkg itself writes, and what it calls.
OF_DPKG = ("var/lib/dpkg/", "var/log/", "var/cache/", "etc/ld.so.cache", "run/", "tmp/", "var/lib/systemd/deb-systemd-helper")


def run(*command: str | Path, **options: Any) -> str:
    if shutil.which(command[0]) is None:
        raise AssertionError(f"no {command[0]}: ./dev test installs what tests need (scripts/packages.sh)")
    options.setdefault("stderr", subprocess.STDOUT)
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{shlex.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def needed_variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise AssertionError("start the stores: ./dev up, or run ./dev test")
    return value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def http_get(port: int, path: str) -> tuple[int, str]:
    """(0, reason) when nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def wait_until(what: str, condition: Any, timeout_s: float = START_TIMEOUT_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} has not come within {timeout_s} s")
        time.sleep(0.05)


class ThrowawayRoot:
    """The machine's file system, of which every change is in `changes`. Ends with the mount namespace of the test."""

    def __init__(self, folder: Path) -> None:
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)
        self.changes = folder / "changes"
        self.root = folder / "root"
        for path in (self.changes, folder / "work", self.root):
            path.mkdir()
        options = f"lowerdir=/,upperdir={self.changes},workdir={folder / 'work'}"
        run("mount", "-t", "overlay", "-o", options, "overlay", self.root)
        run("mount", "-t", "proc", "proc", self.root / "proc")
        run("mount", "--rbind", "/dev", self.root / "dev")
        # Where these are file systems of their own, the overlay shows an empty folder or the machine's below it.
        for name in ("run", "tmp"):
            run("mount", "-t", "tmpfs", "tmpfs", self.root / name)

    def run(self, *command: str, **options: Any) -> str:
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
        return run("chroot", self.root, *command, env=environment, **options)

    def path(self, absolute: str) -> Path:
        return self.root / absolute.lstrip("/")

    def leftovers(self) -> list[str]:
        """Changes against the machine, without what dpkg keeps for itself and files that are as they were."""
        left = []
        for path in sorted(self.changes.rglob("*")):
            name = str(path.relative_to(self.changes))
            original = Path("/") / name
            if (name + "/").startswith(OF_DPKG):
                continue
            if path.is_dir() and not path.is_symlink():
                if not original.is_dir():
                    left.append(name + "/")
            elif path.is_symlink() or not path.is_file():
                # A character device stands for a file that was removed.
                left.append(name)
            elif re.fullmatch(r"etc/(passwd|group|shadow|gshadow|subuid|subgid)-", name):
                # The state before the last change.
                continue
            elif not original.is_file() or original.read_bytes() != path.read_bytes():
                left.append(name)
        return left


class Unit:
    """What a unit file says, as far as it can be done without systemd."""

    def __init__(self, root: ThrowawayRoot, name: str) -> None:
        self.root = root
        self.settings: dict[str, list[str]] = {}
        for line in root.path(f"/lib/systemd/system/{name}.service").read_text().splitlines():
            if match := re.fullmatch(r"(\w+)=(.*)", line):
                self.settings.setdefault(match[1], []).append(match[2])

    def environment(self) -> dict[str, str]:
        values = {"PATH": "/usr/sbin:/usr/bin", "LC_ALL": "C.UTF-8"}
        values.update(text.split("=", 1) for text in self.settings.get("Environment", []))
        for file in self.settings["EnvironmentFile"]:
            path = self.root.path(file.removeprefix("-"))
            if file.startswith("-") and not path.exists():
                continue
            for line in path.read_text().splitlines():
                if line and not line.startswith("#"):
                    name, value = line.split("=", 1)
                    values[name] = shlex.split(value)[0]
        return values

    def start(self, log: Path) -> subprocess.Popen[bytes]:
        user = self.settings["User"][0]
        for name in self.settings.get("StateDirectory", []):
            self.root.run("install", "-d", "-m", self.settings["StateDirectoryMode"][0], "-o", user, f"/var/lib/{name}")
        privileges = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", f"--reuid={user}", f"--regid={user}"]
        command = ["chroot", str(self.root.root), "setpriv", *privileges, "--clear-groups", *self.settings["ExecStart"][0].split()]
        with log.open("wb") as output:
            return subprocess.Popen(command, env=self.environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def exit_code(self, log: Path) -> int:
        return self.start(log).wait(timeout=60)


class EmbeddedMongo:
    """A MongoDB-protocol server of its own: other tests find nothing of this one's."""

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [REPOSITORY / "tools/embedded_mongo/serve", str(self.port)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )
        wait_until("the embedded MongoDB", lambda: "listening on" in log.read_text())
        self.uri = f"mongodb://127.0.0.1:{self.port}/"

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class Database:
    """A new database on the tests' PostgreSQL."""

    def __init__(self) -> None:
        self.server = needed_variable("TWINFLEET_TEST_POSTGRES_DSN")
        self.name = f"packages_test_{os.getpid()}"
        self.execute(f"CREATE DATABASE {self.name}")
        self.dsn = re.sub(r"/[^/?]*(\?.*)?$", rf"/{self.name}\1", self.server)

    def execute(self, sql: str) -> None:
        run("psql", self.server, "-XAtqc", sql, "-v", "ON_ERROR_STOP=1")

    def drop(self) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")


class Packages(unittest.TestCase):
    folder: Path
    packages: dict[str, Path]

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = Path(os.environ[FOLDER])
        config = BUILD / "CPackConfig.cmake"
        if not config.exists():
            raise AssertionError(f"{config} is missing: configure the build first")
        run("cpack", "-G", "DEB", "--config", config, "-B", cls.folder / "packages")
        cls.packages = {
            service: path
            for service in SERVICES
            for path in (cls.folder / "packages").glob(f"twinfleet-{service}_*.deb")
        }

    def setUp(self) -> None:
        (self.folder / "throwaway").mkdir(exist_ok=True)
        self.log = self.folder / "log"

    def test_there_is_one_for_each_service(self) -> None:
        self.assertEqual(set(self.packages), set(SERVICES))

    def test_lintian_has_nothing_to_say(self) -> None:
        output = run("lintian", "--allow-root", "--no-cfg", "--fail-on", "error,warning", *self.packages.values())
        self.assertEqual(output, "")

    def test_they_need_what_their_programs_need(self) -> None:
        redis, postgres = "libhiredis0.14", "libpqxx-6.4"
        for service, package in self.packages.items():
            depends = run("dpkg-deb", "-f", package, "Depends")
            has_schema = service in SERVICES_WITH_SCHEMA
            for library in ("libc6", "libcurl4", "libprometheus-cpp-core1.0", "libyaml-cpp0.7", "ca-certificates",
                            postgres if has_schema else redis):
                self.assertIn(library, depends, service)
            self.assertNotIn(redis if has_schema else postgres, depends, service)
            # Containers have none.
            self.assertNotIn("systemd", depends)

    def test_each_has_a_bill_of_the_materials_that_are_in_its_program(self) -> None:
        for service, package in self.packages.items():
            folder = self.folder / "unpacked" / service
            folder.mkdir(parents=True)
            run("dpkg-deb", "-x", package, folder)
            bill = json.loads((folder / f"usr/share/doc/twinfleet-{service}/bill-of-materials.cdx.json").read_text())
            self.assertEqual((bill["bomFormat"], bill["specVersion"]), ("CycloneDX", "1.5"))
            self.assertEqual(bill["metadata"]["component"]["name"], service)
            versions = {component["name"]: component["version"] for component in bill["components"]}
            # What is loaded with it, and what only the compiler has read.
            needed = re.findall(r"\b(lib[a-z0-9.+-]+|zlib1g)(?= \(|,|$)", run("dpkg-deb", "-f", package, "Depends").strip())
            installed = {name: run("dpkg-query", "-W", "-f", "${Version}", name) for name in
                         [*needed, "libboost1.81-dev", "libcli11-dev", "libstdc++-12-dev"]}
            # A name without a version is one that another package provides.
            installed = {name: version for name, version in installed.items() if version}
            self.assertGreater(len(installed), 10, service)
            for name, version in installed.items():
                with self.subTest(service=service, package=name):
                    self.assertEqual(versions.get(name), version)

    def test_lifecycle(self) -> None:
        database = Database()
        self.addCleanup(database.drop)
        mongo = EmbeddedMongo(self.folder / "mongo.log")
        self.addCleanup(mongo.stop)
        root = ThrowawayRoot(self.folder / "throwaway")
        self.assertFalse(root.path("/etc/twinfleet").exists(), "Twinfleet is installed on this machine")

        # Both at once: the folder of the configuration is theirs together.
        for service, package in self.packages.items():
            shutil.copy(package, root.path("/tmp"))
            root.run("dpkg", "-i", f"/tmp/{package.name}")
            self.check_installed(root, service)
        for service, package in self.packages.items():
            with self.subTest(service):
                self.check_service(root, service, database.dsn, mongo.uri)
                self.check_upgrade_keeps_the_configuration(root, service, package)
        for service in self.packages:
            root.run("dpkg", "--remove", f"twinfleet-{service}")
            self.assertFalse(root.path(f"/usr/bin/{service}").exists())
            self.assertTrue(root.path(f"/etc/twinfleet/{service}.env").exists(), "a removal takes the configuration away")
        # What an administrator makes by the instructions.
        root.path("/etc/twinfleet/fleet-synchronizer-migrate.env").write_text("FLEET_POSTGRES_DSN=...\n")
        for service in self.packages:
            root.run("dpkg", "--purge", f"twinfleet-{service}")
        self.assertEqual(root.leftovers(), [])

    def check_installed(self, root: ThrowawayRoot, service: str) -> None:
        package = f"twinfleet-{service}"
        self.assertEqual(root.run("dpkg", "--verify", package), "")
        self.assertIn("install ok installed", root.run("dpkg-query", "-W", "-f", "${Status}", package))
        # name:password:uid:gid:gecos:home:shell
        user = root.run("getent", "passwd", service).strip().split(":")
        self.assertLess(int(user[2]), 1000)
        self.assertEqual(user[5:], ["/nonexistent", "/usr/sbin/nologin"])
        environment = root.path(f"/etc/twinfleet/{service}.env").stat()
        self.assertEqual((environment.st_uid, environment.st_mode & 0o777), (0, 0o600))
        self.assertTrue(root.path(f"/lib/systemd/system/{service}.service").exists())
        has_migrate = root.path(f"/lib/systemd/system/{service}-migrate.service").exists()
        self.assertEqual(has_migrate, service in SERVICES_WITH_SCHEMA)
        for file in root.path("/etc/twinfleet").glob(f"{service}.yaml"):
            as_service = ("setpriv", f"--reuid={service}", f"--regid={service}", "--clear-groups")
            # Nothing else says yet how text messages are sent, without which driver-protocol does not start.
            outbox = "FLEET_SMS_OUTBOX=/tmp/outbox.jsonl"
            check = (f"/usr/bin/{service}", "config", "check", f"/etc/twinfleet/{file.name}")
            root.run(*as_service, "env", outbox, *check)

    def check_service(self, root: ThrowawayRoot, service: str, dsn: str, mongo_uri: str) -> None:
        monitor = free_port()
        with root.path(f"/etc/twinfleet/{service}.env").open("a") as file:
            file.write(f"FLEET_POSTGRES_DSN='{dsn}'\nFLEET_MONGO_URI='{mongo_uri}'\n")
            file.write(f"FLEET_LISTEN=127.0.0.1:{free_port()}\nFLEET_MONITOR_LISTEN=127.0.0.1:{monitor}\n")
        serve = Unit(root, service)
        # Without what it needs it ends with the code after which systemd does not try again, and says what that is.
        self.assertEqual(serve.exit_code(self.log), 2, self.log.read_text())
        if service in SERVICES_WITH_SCHEMA:
            self.assertIn("migrate", self.log.read_text())
            for _ in range(2):
                self.assertEqual(Unit(root, f"{service}-migrate").exit_code(self.log), 0, self.log.read_text())
        else:
            self.assertIn("text_messages", self.log.read_text())
            with root.path(f"/etc/twinfleet/{service}.env").open("a") as file:
                file.write(f"FLEET_REDIS_URI='{needed_variable('TWINFLEET_TEST_REDIS_URI')}'\n")
                file.write(f"FLEET_SMS_OUTBOX={serve.environment()['FLEET_DATA_DIR']}/outbox.jsonl\n")

        process = serve.start(self.log)
        try:
            wait_until(
                f"{service} ready",
                lambda: process.poll() is not None or http_get(monitor, "/ready")[0] == 200,
            )
            self.assertIsNone(process.poll(), self.log.read_text())
            uid = int(root.run("id", "-u", service))
            status = Path(f"/proc/{process.pid}/status").read_text()
            self.assertRegex(status, rf"\nUid:\s+{uid}\s+{uid}\s+{uid}\s+{uid}\n")
            self.assertRegex(status, r"\nCapEff:\s+0+\n")
            code, metrics = http_get(monitor, "/metrics")
            self.assertEqual(code, 200)
            self.check_metrics(metrics)
        finally:
            process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            code = process.wait(timeout=15)
        self.assertEqual(code, 0, self.log.read_text())
        self.assertLess(time.monotonic() - began, 10)

    def check_metrics(self, text: str) -> None:
        scraped = set(re.findall(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)", text, flags=re.MULTILINE))
        self.assertLessEqual(scraped, set(exported_metrics()), "metrics that the test of alerts and dashboards does not see")
        for name in ("process_resident_memory_bytes", "process_start_time_seconds", "store_pool_connections_max"):
            self.assertIn(name, scraped)

    def check_upgrade_keeps_the_configuration(self, root: ThrowawayRoot, service: str, package: Path) -> None:
        before = root.path(f"/etc/twinfleet/{service}.env").read_text()
        root.run("dpkg", "-i", f"/tmp/{package.name}")
        self.assertEqual(root.path(f"/etc/twinfleet/{service}.env").read_text(), before)


def main() -> int:
    if os.environ.get(IN_NAMESPACE):
        unittest.main(argv=sys.argv)
    with tempfile.TemporaryDirectory(prefix="twinfleet-packages-") as folder:
        command = ["unshare", "--mount", "--propagation", "private", sys.executable, "-B", *sys.argv]
        if os.geteuid() != 0:
            kept = [IN_NAMESPACE, FOLDER] + [name for name in os.environ if name.startswith("TWINFLEET_")]
            command = ["sudo", "-n", f"--preserve-env={','.join(kept)}", *command]
        return subprocess.run(command, env={**os.environ, IN_NAMESPACE: "1", FOLDER: folder}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
