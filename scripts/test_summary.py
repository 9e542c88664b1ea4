"""Sums up what ctest and GoogleTest wrote below a folder: FOLDER/PRESET/PART/{ctest.xml,gtest/PROGRAM.json}.

Ends with the line "N passed, N failed". Exit code 1 when a test failed or none ran. A program that GoogleTest left no
report of counts as one test; so does one that failed though all of its tests passed (a sanitizer's report at its end).
"""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

FAILURES_SHOWN_MAX = 30
LINES_OF_A_FAILURE_MAX = 60
SANITIZER_REPORT = re.compile(r"(ERROR|WARNING): \w+Sanitizer: |: runtime error: ")


@dataclass
class Part:
    name: str
    programs: int = 0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    failures: list[tuple[str, str]] = field(default_factory=list)

    def add_failure(self, name: str, text: str) -> None:
        self.failed += 1
        self.failures.append((f"{self.name}: {name}", text))


def add_gtest_report(part: Part, program: str, path: Path) -> None:
    for suite in json.loads(path.read_text())["testsuites"]:
        for test in suite["testsuite"]:
            if "failures" in test:
                text = "\n".join(failure["failure"] for failure in test["failures"])
                part.add_failure(f"{program} {suite['name']}.{test['name']}", text)
            elif test["status"] != "RUN" or test["result"] == "SKIPPED":
                part.skipped += 1
            else:
                part.passed += 1


def add_program(part: Part, case: ElementTree.Element, gtest_folder: Path) -> None:
    program = case.get("name", "")
    report = gtest_folder / f"{program}.json"
    skipped = case.find("skipped")
    succeeded = case.get("status") == "run" and case.find("failure") is None
    part.programs += 1
    part.seconds += float(case.get("time", "0"))

    failed_before = part.failed
    if report.exists():
        add_gtest_report(part, program, report)
    elif succeeded:
        part.passed += 1
    elif case.get("status") == "disabled" or (skipped is not None and skipped.get("message", "").startswith("SKIP_")):
        part.skipped += 1
        return

    output = case.findtext("system-out", "").strip()
    if not succeeded and (part.failed == failed_before or SANITIZER_REPORT.search(output)):
        reason = next((e.get("message", "") for e in (case.find("failure"), skipped) if e is not None), "")
        part.add_failure(f"{program} (the program)", output or reason)


def read_part(folder: Path) -> Part:
    part = Part(f"{folder.parent.name}, {folder.name.replace('_', ' ')}")
    for case in ElementTree.parse(folder / "ctest.xml").getroot().iter("testcase"):
        add_program(part, case, folder / "gtest")
    return part


def print_table(parts: list[Part]) -> None:
    width = max(len(part.name) for part in parts)
    print(f"{'':{width}}  programs  passed  failed  skipped      time")
    for part in parts:
        print(
            f"{part.name:{width}}  {part.programs:8}  {part.passed:6}  {part.failed:6}  {part.skipped:7}"
            f"  {part.seconds:6.1f} s"
        )


def print_failures(failures: list[tuple[str, str]]) -> None:
    for name, text in failures[:FAILURES_SHOWN_MAX]:
        print(f"\nFAILED {name}")
        lines = text.splitlines()
        left_out = len(lines) - LINES_OF_A_FAILURE_MAX
        if left_out > 0:
            # What a program that crashed says comes last.
            lines = [f"... ({left_out} more lines)", *lines[-LINES_OF_A_FAILURE_MAX:]]
        for line in lines:
            print(f"    {line}")
    if len(failures) > FAILURES_SHOWN_MAX:
        print(f"\n... and {len(failures) - FAILURES_SHOWN_MAX} more failures")


def main() -> int:
    results = sorted(Path(sys.argv[1]).glob("*/*/ctest.xml"), key=lambda path: path.stat().st_mtime)
    parts = [part for part in (read_part(path.parent) for path in results) if part.programs > 0]
    if parts:
        print_table(parts)
    print_failures([failure for part in parts for failure in part.failures])

    passed = sum(part.passed for part in parts)
    failed = sum(part.failed for part in parts)
    skipped = sum(part.skipped for part in parts)
    print(f"\n{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    if passed + failed == 0:
        print("No test ran.", file=sys.stderr)
        return 1
    return 1 if failed else 0


sys.exit(main())
