"""The table of first alarms."""

from __future__ import annotations

from collections.abc import Sequence

from bench.catalogue.table import came, time
from bench.first_alarms.trial import Result
from bench.markdown import Markdown

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
    made = Markdown(HEAD)
    for each in results:
        usual_s = None if each.first_s is None else each.usual_s(each.first_s)
        beside = each.elsewhere
        made.add(
            [
                each.code,
                each.place or f"no unit of {each.template} at {each.site} stood as wanted",
                _short(each.first, each.place) or "none",
                each.priority,
                came(each.first_s, usual_s) + made.mark(each.law),
                time(each.within_s),
                f"{len(each.under)}, {each.hidden} hidden",
                ", ".join(_short(alarm, each.place) for alarm in beside[:4]) + (" ..." if len(beside) > 4 else ""),
                "not" if each.healed_s is None else time(each.healed_s),
                each.how,
                "ok" if good(each) else "OUT",
            ]
        )
    return str(made)


def _short(path: str, place: str) -> str:
    """A path without what it shares with the place."""
    if place and path.startswith(place):
        return path.removeprefix(place).lstrip("./")
    return path
