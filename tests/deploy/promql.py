"""As much of PromQL as it takes to see which metrics and labels an expression names."""

import re
from dataclasses import dataclass, field

STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
SELECTOR = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*\{([^}]*)\}")
MATCHER = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*\x00(\d+)\x00")
NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
KEYWORDS = {"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring", "group_left", "group_right"}


@dataclass
class Names:
    metrics: set[str] = field(default_factory=set)
    # Labels by which series are grouped or joined.
    grouping: set[str] = field(default_factory=set)
    # (metric, label, value)
    matchers: list[tuple[str, str, str]] = field(default_factory=list)


def names_in(expression: str) -> Names:
    names = Names()
    strings: list[str] = []

    def keep(match: re.Match[str]) -> str:
        strings.append(match.group()[1:-1])
        return f"\x00{len(strings) - 1}\x00"

    def take_grouping(match: re.Match[str]) -> str:
        names.grouping.update(NAME.findall(match[1]))
        return " "

    def take_selector(match: re.Match[str]) -> str:
        names.metrics.add(match[1])
        for matcher in MATCHER.finditer(match[2]):
            names.matchers.append((match[1], matcher[1], strings[int(matcher[3])]))
        return " "

    text = STRING.sub(keep, expression)
    text = SELECTOR.sub(take_selector, text)
    text = GROUPING.sub(take_grouping, text)
    text = re.sub(r"\[[^\]]*\]", " ", text)
    text = re.sub(r"\boffset\s+\w+", " ", text)
    text = re.sub(r"\x00\d+\x00", " ", text)
    for match in NAME.finditer(text):
        is_number = text[match.start() - 1 : match.start()].isdigit()
        is_function = re.match(r"\s*\(", text[match.end() :]) is not None
        if match.group() not in KEYWORDS and not is_number and not is_function:
            names.metrics.add(match.group())
    return names
