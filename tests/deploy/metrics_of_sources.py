"""Which metrics the programs export, as their sources say: the calls of metrics::Registry below src/.

A scrape would not do: a series appears with its first value, and some (an untaught reference) had better never appear.
"""

import re
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

# registry.counters("name", "help", {"label", ...}) and registry.counter("name", "help"), alike for the other kinds; and
# gauge(registry, label, "name", "help") of a file's own, of a family with that one label. A part that several services may
# have puts the prefix that it is given before its names: `prefix + "_size"`.
CALL = re.compile(
    r"\b(?P<kind>counter|gauge|histogram)(?P<many>s?)\(\s*(?:registry,\s*(?P<label>\w+),\s*)?"
    r'(?P<has_prefix>prefix \+ )?"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)",\s*'
    r'(?:"(?:[^"\\]|\\.)*"\s*)+'
    r"(?:,\s*\{(?P<labels>[^}]*)\})?"
)
# Where such a prefix is given: the last argument, behind the registry.
PREFIX = re.compile(r'\bregistry,\s*"([a-z_]+)"\)')


@dataclass(frozen=True)
class Metric:
    kind: str
    labels: frozenset[str]


def exported_metrics() -> dict[str, Metric]:
    """By the names of their series: a histogram has three."""
    texts = [path.read_text() for path in sorted((REPOSITORY / "src").rglob("*.?pp")) if not path.name.endswith("_test.cpp")]
    prefixes = sorted({prefix for text in texts for prefix in PREFIX.findall(text)})
    metrics: dict[str, Metric] = {}
    for text in texts:
        for call in CALL.finditer(text):
            labels = frozenset(re.findall(r'"([^"]*)"', call["labels"] or "")) if call["many"] else frozenset({call["label"]} - {None})
            for prefix in prefixes if call["has_prefix"] else [""]:
                name = prefix + call["name"]
                if call["kind"] == "histogram":
                    for suffix in ("_sum", "_count"):
                        metrics[name + suffix] = Metric("histogram", labels)
                    metrics[name + "_bucket"] = Metric("histogram", labels | {"le"})
                else:
                    metrics[name] = Metric(call["kind"], labels)
    return metrics
