"""Reports on the demo from the JSON that its programs printed into a folder: load.json, RUNS and verify.jsonl.

Exit code 1 when the verification found differences.
"""

import json
import sys
from collections import Counter
from pathlib import Path

RUNS = {"Chicago": "chicago.jsonl", "New York": "new_york.jsonl"}
ENTITIES = ("parks", "work_rules", "cars", "drivers", "groups", "users")
JOB_COLUMNS = ("read", "created", "updated", "unchanged", "skipped", "retired", "quarantined")


def number(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def print_table(header: list[str], rows: list[list[object]]) -> None:
    """The first column to the left, the others to the right."""
    cells = [header] + [[str(row[0]), *map(number, row[1:])] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    for row in cells:
        line = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
        print("  " + "  ".join(line).rstrip())
    print()


def read_lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def report_load(summary: dict) -> None:
    documents = summary["documents"]
    total, seconds = sum(documents.values()), summary["seconds"]
    rate = f", {total / seconds:,.0f} a second" if seconds > 0 else ""
    print(f"Sample fleets loaded: {total:,} documents in {seconds:.1f} s{rate}\n")
    print_table(["collection", "documents"], [[name, count] for name, count in documents.items()])
    print_table(["city", "parks"], [[city, count] for city, count in summary["parks"].items()])


def report_run(title: str, jobs: list[dict]) -> None:
    print(f"{title}\n")
    header = ["job", *JOB_COLUMNS, "seconds", "documents/s"]
    print_table(
        header,
        [
            [f"{job['job']} ({job['family']}, {job['mode']})"]
            + [job[column] for column in JOB_COLUMNS]
            + [float(job["duration_s"]), round(job["docs_per_s"])]
            for job in jobs
        ],
    )


def created_in_all(job: dict) -> int:
    """With what was made because the children of the job need it."""
    return job["created"] + sum(job["created_with"].values())


def report_children(runs: dict[str, list[dict]]) -> None:
    """A run creates children in the cities that were switched on for it."""
    created = {city: Counter() for city in runs}
    for city, jobs in runs.items():
        for job in jobs:
            created[city][job["job"]] += job["created"]
            created[city].update(job["created_with"])
    present = [entity for entity in ENTITIES if any(entity in counts for counts in created.values())]
    rows = [[city, *(counts[entity] for entity in present), counts.total()] for city, counts in created.items()]
    together = sum(created.values(), Counter())
    rows.append(["together", *(together[entity] for entity in present), together.total()])
    print("Children created, by the city that was switched on\n")
    print_table(["city", *present, "documents"], rows)


def report_speed(runs: dict[str, list[dict]]) -> None:
    jobs = [job for run in runs.values() for job in run]
    seconds = sum(job["duration_s"] for job in jobs)
    children = sum(created_in_all(job) + job["updated"] for job in jobs)
    rate = children / seconds if seconds > 0 else 0.0
    print(f"{children:,} children written in {seconds:.1f} s by {len(jobs)} passes: {rate:,.0f} a second.")
    dangling = sum(job["dangling_references"] for job in jobs)
    if dangling:
        print(f"{dangling:,} references to what does not exist were left out of children.")
    quarantined = sum(job["quarantined"] for job in jobs)
    if quarantined:
        print(f"{quarantined:,} entities went to quarantine: build/bin/fleet-synchronizer quarantine list")


def report_api(answers: dict) -> None:
    child = answers["child"]
    how = "made" if child["created"] else "found"
    print("Through the API of the running service\n")
    print(
        f"  driver {answers['driver']['_id']} has asked for his profile in the second app: {how} in"
        f" {child['milliseconds']:.0f} ms, as driver {child['driver_id']}"
        + (f" with car {child['car_id']}" if child["car_id"] else "")
        + (f" and rule {child['rule_id']}" if child["rule_id"] else "")
    )
    entities = [entity for entity in answers["mirror"]["families"][0]["entities"] if entity["linked"]]
    counts = ", ".join(f"{number(entity['linked'])} {entity['entity']}" for entity in entities)
    print(f"  the mirror of his park then held {counts}\n")


def report_driver(answers: dict) -> None:
    """What the driver may think of it: two lives, and whether what he was promised was kept."""
    print("One driver in both apps at once\n")
    header = ["app", "driver", "status", "positions", "from", "to"]
    rows = []
    for family, life in answers["lives"].items():
        ends = [f"{life[end]['lat']:.3f}, {life[end]['lon']:.3f}" for end in ("first", "last")]
        rows.append([family, life["driver_id"], life["status"], life["positions"], *ends])
    print_table(header, rows)
    new = answers["lives"]["vezet"]
    told = f"to wait {new['promised_ms']} ms" if new["promised_ms"] else "that it was there"
    print(
        f"  His new profile was shown {new['ready_ms']:.0f} ms after he had chosen his park (which took"
        f" {new['choice_ms']:.0f} ms); he was told {told}.\n"
    )


def report_simulation(result: dict) -> None:
    """Of all that the simulator measured, what a first look wants to know; `build/bin/driver-simulator` prints the rest."""
    operations = result["operations"]
    requests = sum(operation["count"] for operation in operations.values())
    promises, checks = result["promises"], result["independence"]
    kept = "none to keep" if promises["kept_percent"] is None else f"{promises['kept_percent']:.0f} % kept"
    print(
        f"Thirty simulated drivers in both apps: {requests:,} requests, {checks['made']:,} looks at whether one life shows"
        f" in the other, {checks['failed']:,} times it did; promises of when a profile is ready: {kept}.\n"
    )
    for shortcoming in result["shortcomings"]:
        print(f"  Not as it should be: {shortcoming}\n")


def report_verification(lines: list[dict], created_by_runs: int) -> bool:
    summary = lines[-1]
    if summary["differences"] == 0:
        print(f"Verification: {summary['checked']:,} children checked, all in step with their parents.")
        others = summary["checked"] - created_by_runs
        if others > 0:
            print(f"  {others:,} of them were made by the running services: for drivers who asked, or in passes of their own.")
        return True
    kinds = Counter(f"{line['entity']} {line['type']}" for line in lines[:-1])
    print(f"Verification: {summary['checked']:,} children checked, {summary['differences']:,} DIFFERENCES:")
    for kind, count in kinds.most_common():
        print(f"  {count:,} {kind}")
    return False


def main() -> int:
    folder = Path(sys.argv[1])
    report_load(json.loads((folder / "load.json").read_text()))
    runs = {city: read_lines(folder / name) for city, name in RUNS.items()}
    report_run("First run: Chicago is on", runs["Chicago"])
    report_run("Second run: New York is on, too", runs["New York"])
    print("A job reads what changed since its last run, or everything when the cities that are on did. Skipped is what gets no")
    print("child: its city is not on, nobody has asked for one yet, or it is a child itself.\n")
    report_children(runs)
    report_api(json.loads((folder / "api.json").read_text()))
    report_driver(json.loads((folder / "driver.json").read_text()))
    report_simulation(json.loads((folder / "simulation.json").read_text()))
    report_speed(runs)
    created = sum(created_in_all(job) for run in runs.values() for job in run)
    return 0 if report_verification(read_lines(folder / "verify.jsonl"), created) else 1


sys.exit(main())
