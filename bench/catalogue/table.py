"""The table of the fault catalogue: what came of each drill beside what the catalogue says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from bench.catalogue.lockstep import Found
from bench.markdown import Markdown

FIRST: Final = 6
"""How many of the tags that move first are shown; one of the catalogue's has to be among them."""
HEAD: Final = (
    "fault",
    "place",
    "size",
    "first to move",
    "the catalogue's",
    "consequence, as judged",
    "after",
    "band",
    "ok",
)


class Row(NamedTuple):
    """One line. ``took_s`` is as measured and ``after_s`` at the usual size, None where nothing came of it."""

    code: str
    name: str
    place: str
    size: float | None
    unit: str
    first: tuple[tuple[str, int], ...]
    expected: tuple[tuple[str, int | None], ...]
    consequence: str
    judged: str
    took_s: int | None
    after_s: float | None
    band_s: tuple[float, float]
    note: str
    tags_ok: bool
    ok: bool


def row(found: Found) -> Row:
    """Judge what came of a drill: in its band, and a tag of the catalogue among the first that moved."""
    drill, fault = found.drill, found.drill.fault
    moved = {each.name: each.after_s for each in found.moved}
    first = found.moved[:FIRST]
    expected = tuple((tag, moved.get(tag)) for tag in found.expected)
    tags_ok = not expected or any(each.name in dict(expected) for each in first)
    after_s = None if found.took_s is None else found.took_s * drill.stretch
    low_s, high_s = drill.within_s
    in_band = after_s is not None and low_s <= after_s <= high_s
    return Row(
        fault.code,
        fault.name,
        found.place,
        found.size if fault.size.unit else None,
        fault.size.unit,
        tuple((_short(each.path, found.place), each.after_s) for each in first),
        expected,
        fault.consequence,
        drill.words,
        found.took_s,
        after_s,
        drill.within_s,
        drill.note,
        tags_ok,
        in_band and tags_ok,
    )


def _short(path: str, place: str) -> str:
    """A path without what it shares with the place."""
    if path.startswith(f"{place}."):
        return path.removeprefix(f"{place}.")
    return ".".join(path.split(".")[2:]) if path.split(".")[0] == place.split(".")[0] else path


def time(seconds: float) -> str:
    """Seconds, minutes, hours or days, three digits."""
    for unit, length_s, least_s in (("d", 86_400.0, 129_600.0), ("h", 3600.0, 7200.0), ("min", 60.0, 120.0)):
        if seconds >= least_s:
            return f"{seconds / length_s:.3g} {unit}"
    return f"{seconds:.3g} s"


def came(took_s: float | None, usual_s: float | None) -> str:
    """When something came at the fault's usual size, and when it was measured where that is another time."""
    if took_s is None or usual_s is None:
        return "never"
    return time(usual_s) if usual_s == took_s else f"{time(usual_s)}, measured {time(took_s)}"


def table(rows: Sequence[Row]) -> str:
    """Markdown, one line a drill, with notes below."""
    made = Markdown(HEAD)
    for each in rows:
        made.add(
            [
                f"{each.code} {each.name}",
                each.place or "no unit stood as wanted",
                "" if each.size is None else f"{each.size:g} {each.unit}",
                ", ".join(f"{tag} {time(after_s)}" for tag, after_s in each.first),
                ", ".join(tag if after_s is None else f"{tag} {time(after_s)}" for tag, after_s in each.expected),
                each.judged,
                came(each.took_s, each.after_s) + made.mark(each.note),
                f"{time(each.band_s[0])} to {time(each.band_s[1])}",
                "ok" if each.ok else "OUT",
            ]
        )
    return str(made)


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows as ``--json`` writes them."""
    return [
        each._asdict()
        | {
            "first": [{"tag": tag, "after_s": after_s} for tag, after_s in each.first],
            "expected": [{"tag": tag, "after_s": after_s} for tag, after_s in each.expected],
        }
        for each in rows
    ]
