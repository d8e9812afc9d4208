"""The table of first alarms."""

from __future__ import annotations

from collections.abc import Sequence

from bench.catalogue.table import time
from bench.first_alarms.trial import Result

HEAD = (
    "fault",
    "place",
    "first alarm",
    "priority",
    "after",
    "time to consequence",
    "under it",
    "beside it",
    "heals in",
    "tried",
    "ok",
)


def good(each: Result) -> bool:
    """Right, in time, nothing beside it, and healed."""
    return each.right and each.in_time and not each.elsewhere and each.healed_s is not None


def counts(results: Sequence[Result]) -> dict[str, int]:
    """How many trials did what they should."""
    return {
        "right_first": sum(each.right for each in results),
        "in_time": sum(each.in_time for each in results),
        "grouped": sum(each.right and not each.elsewhere for each in results),
        "healed": sum(each.healed_s is not None for each in results),
        "of": len(results),
    }


def table(results: Sequence[Result]) -> str:
    """Markdown, one line a trial, with the laws below."""
    laws: list[str] = []
    lines = [_line(HEAD), _line(["---"] * len(HEAD))]
    for each in results:
        mark = ""
        if each.law:
            if each.law not in laws:
                laws.append(each.law)
            mark = f" ({laws.index(each.law) + 1})"
        beside = sorted(set(each.elsewhere))
        lines.append(
            _line(
                [
                    each.code,
                    each.place or f"no unit of {each.template} at {each.site} stood as wanted",
                    _short(each.first, each.place) or "none",
                    each.priority,
                    _after(each) + mark,
                    time(each.within_s),
                    f"{len(each.under)}, {each.hidden} hidden",
                    ", ".join(_short(alarm, each.place) for alarm in beside[:4]) + (" ..." if len(beside) > 4 else ""),
                    "not" if each.healed_s is None else time(each.healed_s),
                    each.how,
                    "ok" if good(each) else "OUT",
                ]
            )
        )
    below = [f"({i}) {law}" for i, law in enumerate(laws, 1)]
    return "\n".join([*lines, *([""] if below else []), *below])


def _after(each: Result) -> str:
    if each.first_s is None:
        return "never"
    if each.stretch == 1.0:
        return time(each.first_s)
    return f"{time(each.usual_s(each.first_s))}, measured {time(each.first_s)}"


def _short(path: str, place: str) -> str:
    """A path without what it shares with the place."""
    if place and path.startswith(place):
        return path.removeprefix(place).lstrip("./")
    return path


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
