"""Which metrics the programs export, as their sources say: the calls of metrics::Registry below src/.

A scrape would not do: a series appears with its first value, and some (an untaught reference) had better never appear.
"""

import re
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

# registry.counters("name", "help", {"label", ...}) and registry.counter("name", "help"), alike for the other kinds; and
# gauge(registry, label, "name", "help") of a file's own, of a family with that one label.
CALL = re.compile(
    r"\b(?P<kind>counter|gauge|histogram)(?P<many>s?)\(\s*(?:registry,\s*(?P<label>\w+),\s*)?"
    r'"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)",\s*'
    r'(?:"(?:[^"\\]|\\.)*"\s*)+'
    r"(?:,\s*\{(?P<labels>[^}]*)\})?"
)


@dataclass(frozen=True)
class Metric:
    kind: str
    labels: frozenset[str]


def exported_metrics() -> dict[str, Metric]:
    """By the names of their series: a histogram has three."""
    metrics: dict[str, Metric] = {}
    for path in sorted((REPOSITORY / "src").rglob("*.?pp")):
        if path.name.endswith("_test.cpp"):
            continue
        for call in CALL.finditer(path.read_text()):
            labels = frozenset(re.findall(r'"([^"]*)"', call["labels"] or "")) if call["many"] else frozenset({call["label"]} - {None})
            if call["kind"] == "histogram":
                for suffix in ("_sum", "_count"):
                    metrics[call["name"] + suffix] = Metric("histogram", labels)
                metrics[call["name"] + "_bucket"] = Metric("histogram", labels | {"le"})
            else:
                metrics[call["name"]] = Metric(call["kind"], labels)
    return metrics
