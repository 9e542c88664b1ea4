"""Checks of deploy/: what can be known of it without starting anything.

There is no Docker engine here: of the images only their Dockerfile is checked, of compose.yaml that Compose can read it.
"""

import json
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any, Iterator

import yaml

from metrics_of_sources import REPOSITORY, exported_metrics
from promql import names_in

DEPLOY = REPOSITORY / "deploy"
OPERATIONS = REPOSITORY / "docs" / "operations.md"
SERVICES = ("fleet-synchronizer", "access-control", "driver-protocol")
# Those that keep something in PostgreSQL, and have a `migrate`.
SERVICES_WITH_SCHEMA = ("fleet-synchronizer", "access-control")
# Series that Prometheus and the blackbox exporter make.
FOREIGN_METRICS = {"up": {"job", "instance"}, "probe_success": {"job", "instance"}, "ALERTS": {"alertname", "alertstate"}}
# Labels that scraping adds.
TARGET_LABELS = {"job", "instance"}


def run(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    if shutil.which(command[0]) is None:
        raise AssertionError(f"no {command[0]}: ./dev test installs what tests need (scripts/packages.sh)")
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options)


def load_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def shipped_config(service: str) -> Any:
    return load_yaml(REPOSITORY / "src" / "apps" / service.replace("-", "_") / "config.yaml")


def port_of(listen: str) -> int:
    return int(listen.rsplit(":", 1)[1])


def alerts() -> list[dict[str, Any]]:
    return [rule for group in load_yaml(DEPLOY / "prometheus" / "alerts.yaml")["groups"] for rule in group["rules"]]


def dashboards() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((DEPLOY / "grafana").glob("*.json")):
        yield path.name, json.loads(path.read_text())


def all_panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def dashboard_expressions(dashboard: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(where, PromQL), with a value in place of each of Grafana's variables."""

    def filled(expression: str) -> str:
        return re.sub(r"\$(sync_job|family)\b", ".*", expression.replace("$__rate_interval", "5m"))

    for panel in all_panels(dashboard):
        for target in panel.get("targets", []):
            yield panel["title"], filled(target["expr"])
    for annotation in dashboard["annotations"]["list"]:
        yield f"annotation {annotation['name']}", filled(annotation["expr"])
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            call = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
            assert call is not None, variable
            yield f"variable {variable['name']}", f"count by ({call[2]}) ({call[1]})"


class AlertRules(unittest.TestCase):
    def test_promtool_accepts_them_and_their_unit_tests_pass(self) -> None:
        folder = DEPLOY / "prometheus"
        for arguments in (
            ("check", "rules", "alerts.yaml"),
            ("check", "config", "prometheus.yaml"),
            ("test", "rules", "alerts_test.yaml"),
        ):
            with self.subTest(arguments=arguments):
                done = run("promtool", *arguments, cwd=folder)
                self.assertEqual(done.returncode, 0, done.stdout)

    def test_each_tells_whoever_is_on_call_enough(self) -> None:
        names = [rule["alert"] for rule in alerts()]
        self.assertEqual(len(names), len(set(names)))
        for rule in alerts():
            with self.subTest(rule["alert"]):
                self.assertIn(rule["labels"]["severity"], ("critical", "warning"))
                self.assertEqual(set(rule["annotations"]), {"summary", "description", "runbook"})
                self.assertLessEqual(len(rule["annotations"]["summary"]), 110)
                self.assertGreater(len(rule["annotations"]["description"]), 80)

    def test_each_has_a_unit_test_in_which_it_fires(self) -> None:
        fired = set()
        for test in load_yaml(DEPLOY / "prometheus" / "alerts_test.yaml")["tests"]:
            for case in test.get("alert_rule_test", []):
                if case["exp_alerts"]:
                    fired.add(case["alertname"])
            for case in test.get("promql_expr_test", []):
                if case["exp_samples"]:
                    fired.update(re.findall(r'alertname="(\w+)"', case["expr"]))
        self.assertEqual({rule["alert"] for rule in alerts()}, fired)

    def test_each_has_its_page(self) -> None:
        section = OPERATIONS.read_text().split("\n## Alerts\n", 1)
        self.assertEqual(len(section), 2, "docs/operations.md has no section Alerts")
        pages = re.split(r"^### ", section[1].split("\n## ", 1)[0], flags=re.MULTILINE)[1:]
        texts = {page.split("\n", 1)[0].strip(): page for page in pages}
        self.assertEqual(sorted(texts), sorted(rule["alert"] for rule in alerts()))
        for rule in alerts():
            with self.subTest(rule["alert"]):
                # GitHub's anchor of a heading of one word.
                self.assertEqual(rule["annotations"]["runbook"], "docs/operations.md#" + rule["alert"].lower())
                for part in ("Means:", "Look:", "Do:", "Wake somebody:"):
                    self.assertIn(f"**{part}**", texts[rule["alert"]])

    def test_verification_counts_as_old_after_two_intervals_of_the_shipped_configuration(self) -> None:
        intervals = {job["verify_interval_ms"] for job in shipped_config("fleet-synchronizer")["jobs"].values()}
        self.assertEqual(len(intervals), 1)
        rule = next(rule for rule in alerts() if rule["alert"] == "FleetSyncVerificationOld")
        self.assertTrue(rule["expr"].endswith(f"> {2 * intervals.pop() // 1000}"), rule["expr"])


class MetricsInUse(unittest.TestCase):
    metrics = exported_metrics()

    def assert_exported(self, expression: str) -> None:
        names = names_in(expression)
        self.assertTrue(names.metrics, expression)
        known: dict[str, set[str]] = {}
        for metric in names.metrics:
            if metric in FOREIGN_METRICS:
                known[metric] = FOREIGN_METRICS[metric]
            else:
                self.assertIn(metric, self.metrics, f"no program exports it; it is in: {expression}")
                known[metric] = set(self.metrics[metric].labels) | TARGET_LABELS
        for metric, label, value in names.matchers:
            self.assertIn(label, known[metric], f"{metric} has no such label, in: {expression}")
            if label == "job" and metric in self.metrics and "job" in self.metrics[metric].labels:
                self.assertFalse(any(service in value for service in SERVICES), f"job of {metric} is a job of the mirror")
        self.assertLessEqual(names.grouping, set().union(*known.values()), expression)

    def test_the_sources_are_understood(self) -> None:
        self.assertEqual(self.metrics["fleet_sync_lag_seconds"].labels, {"job", "family"})
        self.assertEqual(self.metrics["http_request_duration_seconds_bucket"].labels, {"handler", "method", "code", "le"})
        self.assertEqual(self.metrics["process_resident_memory_bytes"].labels, frozenset())
        self.assertEqual(self.metrics["driver_cache_size"].labels, {"cache"})

    def test_alerts_name_metrics_that_are_exported(self) -> None:
        for rule in alerts():
            with self.subTest(rule["alert"]):
                self.assert_exported(rule["expr"])

    def test_dashboards_name_metrics_that_are_exported(self) -> None:
        for name, dashboard in dashboards():
            for where, expression in dashboard_expressions(dashboard):
                with self.subTest(dashboard=name, panel=where):
                    self.assert_exported(expression)

    def test_the_mirrors_own_label_job_survives_the_scrape(self) -> None:
        config = load_yaml(DEPLOY / "prometheus" / "prometheus.yaml")
        scrapes = {scrape["job_name"]: scrape for scrape in config["scrape_configs"]}
        self.assertTrue(scrapes["fleet-synchronizer"].get("honor_labels"))

    def test_scrapes_and_probes_go_to_the_monitor_ports(self) -> None:
        config = load_yaml(DEPLOY / "prometheus" / "prometheus.yaml")
        expected = {service: port_of(shipped_config(service)["monitor"]["listen"]) for service in SERVICES}
        for scrape in config["scrape_configs"]:
            for discovery in scrape["dns_sd_configs"]:
                for name in discovery["names"]:
                    self.assertEqual(discovery["port"], expected[name])
        probed = next(s for s in config["scrape_configs"] if s["job_name"] == "twinfleet-ready")
        self.assertEqual({d["names"][0] for d in probed["dns_sd_configs"]}, set(SERVICES))
        self.assertIn(probed["params"]["module"][0], load_yaml(DEPLOY / "prometheus" / "blackbox.yaml")["modules"])


class Dashboards(unittest.TestCase):
    def test_are_there(self) -> None:
        expected = sorted(f"{service.replace('-', '_')}.json" for service in SERVICES)
        self.assertEqual([name for name, _ in dashboards()], expected)

    def test_panels_are_unique_do_not_overlap_and_take_the_data_source_that_is_chosen(self) -> None:
        uids = [dashboard["uid"] for _, dashboard in dashboards()]
        self.assertEqual(len(uids), len(set(uids)))
        for name, dashboard in dashboards():
            with self.subTest(name):
                variables = {v["name"]: v for v in dashboard["templating"]["list"]}
                self.assertEqual(variables["datasource"]["type"], "datasource")
                self.assertEqual(variables["datasource"]["query"], "prometheus")
                panels = list(all_panels(dashboard))
                ids = [panel["id"] for panel in panels]
                self.assertEqual(len(ids), len(set(ids)))
                taken: set[tuple[int, int]] = set()
                for panel in panels:
                    place = panel["gridPos"]
                    cells = {
                        (x, y)
                        for x in range(place["x"], place["x"] + place["w"])
                        for y in range(place["y"], place["y"] + place["h"])
                    }
                    self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
                    self.assertFalse(taken & cells, panel["title"])
                    taken |= cells
                    if panel["type"] == "row":
                        continue
                    self.assertTrue(panel["description"], panel["title"])
                    for source in [panel, *panel["targets"]]:
                        self.assertEqual(source["datasource"]["uid"], "${datasource}", panel["title"])

    def test_prometheus_can_read_their_expressions(self) -> None:
        rules = [
            {"record": "dashboard:expression", "expr": expression}
            for _, dashboard in dashboards()
            for _, expression in dashboard_expressions(dashboard)
        ]
        # One group each: promtool takes rules alike for a mistake.
        groups = [{"name": str(number), "rules": [rule]} for number, rule in enumerate(rules)]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump({"groups": groups}, file)
            file.flush()
            done = run("promtool", "check", "rules", "--lint=none", file.name)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_grafana_is_told_where_they_are(self) -> None:
        provisioning = DEPLOY / "grafana" / "provisioning"
        provider = load_yaml(provisioning / "dashboards" / "twinfleet.yaml")["providers"][0]
        mounted = [volume.split(":") for volume in compose_file()["services"]["grafana"]["volumes"]]
        for name, _ in dashboards():
            self.assertIn([f"../grafana/{name}", f"{provider['options']['path']}/{name}", "ro"], mounted)
        self.assertEqual(load_yaml(provisioning / "datasources" / "prometheus.yaml")["datasources"][0]["type"], "prometheus")


class SystemdUnits(unittest.TestCase):
    units = sorted((DEPLOY / "systemd").glob("*.service"))

    def settings(self, path: Path) -> dict[str, list[str]]:
        parsed: dict[str, list[str]] = {}
        for line in path.read_text().splitlines():
            if match := re.fullmatch(r"(\w+)=(.*)", line):
                parsed.setdefault(match[1], []).append(match[2])
        return parsed

    def verified(self, units: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """systemd-analyze verify, in a root in which the programs are there."""
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            (root / "usr" / "bin").mkdir(parents=True)
            for service in SERVICES:
                program = root / "usr" / "bin" / service
                program.write_text("#!/bin/sh\n")
                program.chmod(0o755)
            shutil.copytree("/lib/systemd/system", root / "lib" / "systemd" / "system", symlinks=True)
            for unit, text in units.items():
                (root / "lib" / "systemd" / "system" / unit).write_text(text)
            return run("systemd-analyze", "verify", "--man=no", f"--root={root}", *units)

    def test_there_is_one_to_serve_and_one_to_migrate_for_each_service(self) -> None:
        expected = [f"{service}.service" for service in SERVICES]
        expected += [f"{service}-migrate.service" for service in SERVICES_WITH_SCHEMA]
        self.assertEqual(sorted(path.name for path in self.units), sorted(expected))

    def test_systemd_has_nothing_to_say_against_them(self) -> None:
        done = self.verified({path.name: path.read_text() for path in self.units})
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        # And it would say so.
        text = self.units[0].read_text()
        self.assertIn("NoSuchKey", self.verified({"broken.service": text + "\n[Service]\nNoSuchKey=yes\n"}).stdout)
        missing = self.verified({"broken.service": text.replace("/usr/bin/", "/usr/bin/no-")})
        self.assertNotEqual(missing.returncode, 0)

    def test_they_expose_little(self) -> None:
        for path in self.units:
            with self.subTest(path.name):
                # Of 100; systemd calls up to 2.0 of 10 "ok", and an ordinary service has 9.6.
                done = run("systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=20", str(path))
                self.assertEqual(done.returncode, 0, done.stdout)

    def test_they_stop_and_restart_as_the_programs_do(self) -> None:
        for path in self.units:
            with self.subTest(path.name):
                settings = self.settings(path)
                service = path.stem.removesuffix("-migrate")
                self.assertEqual(settings["User"], [service])
                self.assertEqual(settings["EnvironmentFile"][0], f"/etc/twinfleet/{service}.env")
                command = settings["ExecStart"][0].split()
                self.assertEqual(command[0], f"/usr/bin/{service}")
                self.assertEqual(command[1:3], ["--config", f"/etc/twinfleet/{service}.yaml"])
                if path.stem == service:
                    self.assertEqual(settings["Type"], ["exec"])
                    self.assertEqual(settings["Restart"], ["on-failure"])
                    self.assertEqual(settings["RestartPreventExitStatus"], ["2"])
                    self.assertGreater(int(settings["TimeoutStopSec"][0].removesuffix("s")), 10)

    def test_they_bound_what_a_program_may_take(self) -> None:
        for path in self.units:
            with self.subTest(path.name):
                settings = self.settings(path)
                for name in ("LimitNOFILE", "MemoryMax", "TasksMax"):
                    self.assertIn(name, settings)
                if not path.stem.endswith("-migrate"):
                    self.assertIn("MemoryHigh", settings)
                    # Connections to stores and other services need less than a thousand.
                    connections = shipped_config(path.stem)["api"]["connections_max"]
                    self.assertGreater(int(settings["LimitNOFILE"][0]), connections + 1_000)

    def test_what_may_be_written_to_is_where_the_program_is_told_to_write(self) -> None:
        for service in SERVICES:
            with self.subTest(service):
                settings = self.settings(DEPLOY / "systemd" / f"{service}.service")
                folders = [f"/var/lib/{name}" for name in settings.get("StateDirectory", [])]
                told = [text.removeprefix("FLEET_DATA_DIR=") for text in settings.get("Environment", [])]
                self.assertEqual(folders, told)
                self.assertEqual(bool(folders), "folder" in shipped_config(service).get("cache", {}))
                self.assertNotIn("ReadWritePaths", settings)


class Images(unittest.TestCase):
    text = (DEPLOY / "docker" / "Dockerfile").read_text()

    def instructions(self) -> list[tuple[str, str]]:
        without_comments = re.sub(r"^\s*#.*\n", "", self.text, flags=re.MULTILINE)
        joined = re.sub(r"\s*\\\n\s*", " ", without_comments)
        return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in joined.splitlines() if line.strip()]

    def stages(self) -> dict[str, list[tuple[str, str]]]:
        stages: dict[str, list[tuple[str, str]]] = {}
        current: list[tuple[str, str]] = []
        for name, value in self.instructions():
            if name == "FROM":
                match = re.fullmatch(r"(\S+) AS (\S+)", value)
                assert match is not None, value
                is_own = match[1] in stages
                self.assertTrue(is_own or re.fullmatch(r"debian:bookworm(-slim)?@sha256:[0-9a-f]{64}", match[1]), value)
                current = stages.setdefault(match[2], list(stages.get(match[1], [])))
            else:
                current.append((name, value))
        return stages

    def test_use_known_instructions_only(self) -> None:
        known = {"FROM", "SHELL", "RUN", "WORKDIR", "COPY", "ENV", "EXPOSE", "USER", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
        self.assertLessEqual({name for name, _ in self.instructions()}, known)

    def test_install_without_leftovers(self) -> None:
        for name, value in self.instructions():
            if name == "RUN" and "apt-get" in value:
                self.assertIn("apt-get update &&", value)
                self.assertIn("apt-get install -y --no-install-recommends", value)
                self.assertTrue(value.endswith("rm -rf /var/lib/apt/lists/*"), value)

    def test_build_with_the_packages_that_dev_installs(self) -> None:
        known = set(re.findall(r"[a-z0-9.+-]+", (REPOSITORY / "scripts" / "packages.sh").read_text()))
        install = next(v for n, v in self.stages()["build"] if n == "RUN" and "apt-get install" in v)
        packages = re.search(r"--no-install-recommends (.*?) &&", install)
        assert packages is not None
        self.assertLessEqual(set(packages[1].split()), known)
        # The development packages that the sources are linked with are all there.
        groups = re.findall(r"'([^']+):\s+([^']*)'", (REPOSITORY / "scripts" / "packages.sh").read_text())
        needed = {p for _, names in groups for p in names.split() if p.startswith("lib") and p.endswith("-dev")}
        self.assertEqual({p for p in needed if p not in packages[1].split()}, set())

    def test_run_as_nobody_in_particular_and_are_probed(self) -> None:
        stages = self.stages()
        self.assertEqual(set(stages), {"build", "runtime", *SERVICES})
        users = set()
        for service in SERVICES:
            with self.subTest(service):
                settings = dict(stages[service])
                user = re.fullmatch(r"(\d+):\1", settings["USER"])
                assert user is not None, settings["USER"]
                self.assertGreater(int(user[1]), 1000)
                users.add(user[1])
                api = port_of(shipped_config(service)["api"]["listen"])
                monitor = port_of(shipped_config(service)["monitor"]["listen"])
                # Where a service has routes that services alone ask for, package and image serve them apart.
                packaged = load_yaml(DEPLOY / "debian" / service / f"{service}.yaml") or {}
                has_internal = "internal_listen" in shipped_config(service)["api"]
                self.assertEqual(has_internal, "internal_listen" in packaged.get("api", {}))
                internal = [port_of(packaged["api"]["internal_listen"])] if has_internal else []
                self.assertEqual(settings["EXPOSE"].split(), [str(port) for port in (api, monitor, *internal)])
                environment = f"FLEET_LISTEN=0.0.0.0:{api} " + "".join(
                    f"FLEET_INTERNAL_LISTEN=0.0.0.0:{port} " for port in internal
                )
                self.assertIn(f"{environment}FLEET_MONITOR_LISTEN=0.0.0.0:{monitor}", settings["ENV"])
                self.assertTrue(settings["HEALTHCHECK"].endswith(f'CMD ["/usr/local/bin/answers-ping", "{monitor}"]'))
                self.assertEqual(json.loads(settings["ENTRYPOINT"])[0], f"/usr/bin/{service}")
                self.assertEqual(json.loads(settings["CMD"]), ["serve"])
        self.assertEqual(len(users), len(SERVICES))

    def test_copy_what_is_there(self) -> None:
        for name, value in self.instructions():
            if name == "COPY":
                for source in [word for word in value.split() if not word.startswith("--")][:-1]:
                    self.assertTrue((REPOSITORY / source).exists(), source)

    def test_hadolint_has_nothing_to_say(self) -> None:
        # No package of Debian: where somebody has it, it counts.
        if shutil.which("hadolint") is not None:
            done = run("hadolint", str(DEPLOY / "docker" / "Dockerfile"))
            self.assertEqual(done.returncode, 0, done.stdout)


def compose_file() -> Any:
    return load_yaml(DEPLOY / "docker" / "compose.yaml")


class Compose(unittest.TestCase):
    def test_compose_reads_it_with_the_secrets_that_the_script_makes(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            shutil.copytree(DEPLOY, Path(name) / "deploy", ignore=shutil.ignore_patterns("secrets*"))
            folder = Path(name) / "deploy" / "docker"
            made = run(folder / "make-secrets", cwd="/")
            self.assertEqual((made.returncode, made.stdout), (0, ""))
            self.assertEqual(run(folder / "make-secrets").returncode, 2, "new secrets over the old ones")
            for secret in (folder / "secrets").iterdir():
                allowed = 0o640 if secret.name.endswith("-tokens.yaml") else 0o600
                self.assertEqual(secret.stat().st_mode & 0o777, allowed, secret.name)

            # None may do everything but the operator, who is a person.
            for file in (folder / "secrets").glob("*-tokens.yaml"):
                for token in load_yaml(file)["tokens"]:
                    self.assertEqual(token["endpoints"] == ["*"], token["name"] == "operator", file.name)

            # Debian's Compose 1.29 does not know the key yet.
            file = folder / "compose.yaml"
            file.write_text(re.sub(r"^name: .*\n", "", file.read_text(), flags=re.MULTILINE))
            done = run("docker-compose", "config", cwd=folder)
            self.assertEqual(done.returncode, 0, done.stdout)
            services = yaml.safe_load(done.stdout)["services"]
            for service in services.values():
                for volume in service.get("volumes", []):
                    source = volume.split(":")[0]
                    self.assertTrue(not source.startswith("/") or Path(source).exists(), volume)

    def test_nothing_is_open_to_the_network_and_everything_is_pinned(self) -> None:
        for name, service in compose_file()["services"].items():
            with self.subTest(name):
                self.assertRegex(service["image"], r"^(twinfleet/[a-z-]+|[a-z/-]+:v?\d[\d.]*@sha256:[0-9a-f]{64})$")
                for port in service.get("ports", []):
                    self.assertRegex(port, r"^127\.0\.0\.1:")

    def test_programs_have_time_to_end_and_wait_for_their_schema(self) -> None:
        services = compose_file()["services"]
        self.assertEqual(services["fleet-synchronizer"]["deploy"]["replicas"], 2)
        for name in SERVICES:
            self.assertGreater(int(services[name]["stop_grace_period"].removesuffix("s")), 10)
            self.assertEqual(services[name]["build"]["target"], name)
        for name in SERVICES_WITH_SCHEMA:
            condition = services[name]["depends_on"][f"{name}-migrate"]["condition"]
            self.assertEqual(condition, "service_completed_successfully")


class Connections(unittest.TestCase):
    def test_the_figures_of_the_operations_page_are_those_of_the_shipped_configurations(self) -> None:
        total = 0
        for service in SERVICES_WITH_SCHEMA:
            row = re.search(rf"^\| {service} \| (.*postgres\.connections_max.*) \|$", OPERATIONS.read_text(), flags=re.MULTILINE)
            assert row is not None, service
            for section, key, value in re.findall(r"`(\w+)\.(\w+)` \((\d+)\)", row[1]):
                self.assertEqual(shipped_config(service)[section][key], int(value), f"{service}: {section}.{key}")
                total += int(value)
        # compose.yaml runs two replicas, and people and probes want connections, too.
        options = compose_file()["services"]["postgres"]["command"]
        self.assertGreater(int(options[-1].removeprefix("max_connections=")), 2 * total)


class DebianFiles(unittest.TestCase):
    def test_the_changelog_is_of_this_version(self) -> None:
        version = re.search(r"project\(twinfleet VERSION (\S+)", (REPOSITORY / "CMakeLists.txt").read_text())
        assert version is not None
        first = (DEPLOY / "debian" / "changelog").read_text().splitlines()[0]
        self.assertTrue(first.startswith(f"twinfleet ({version[1]}) "), first)

    def test_the_environments_name_variables_that_the_programs_read(self) -> None:
        for service in SERVICES:
            with self.subTest(service):
                # As platform/service/settings/layers.hpp does it: the variables of the keys that the program has.
                sources = ("platform/service/settings/layers.cpp", f"apps/{service.replace('-', '_')}/settings.cpp")
                text = "".join((REPOSITORY / "src" / source).read_text() for source in sources)
                plain = re.findall(r'\{"(FLEET_\w+)", "([\w.]+)"\}', text)
                secret = re.findall(r'\.variable = "(FLEET_\w+)",\s+\.key = "([\w.]+)",\s+\.is_secret = true', text)
                self.assertIn("FLEET_SERVICE_TOKEN", dict(secret))
                shipped = shipped_config(service)

                def is_known(path: str) -> bool:
                    place = shipped
                    for key in path.split("."):
                        if not isinstance(place, dict) or key not in place:
                            return False
                        place = place[key]
                    return True

                read = {variable for variable, key in plain + secret if is_known(key)}
                text = (DEPLOY / "debian" / service / f"{service}.env").read_text()
                named = set(re.findall(r"^#?(FLEET_\w+)=", text, flags=re.MULTILINE))
                self.assertTrue(named)
                self.assertLessEqual(named, read)
                # Every line is a comment: nothing is in force that nobody chose.
                self.assertEqual([line for line in text.splitlines() if line and not line.startswith("#")], [])

    def test_configurations_are_yaml(self) -> None:
        for path in (DEPLOY / "debian").glob("*/*.yaml"):
            load_yaml(path)
        self.assertEqual(
            load_yaml(DEPLOY / "docker" / "by-city" / "cities.yaml"),
            load_yaml(DEPLOY / "debian" / "fleet-synchronizer" / "cities.yaml"),
        )


if __name__ == "__main__":
    unittest.main()
