"""Limits that the templates' CSV says in words, ``SP -40/-20/+20/+40`` or ``≠ 0`` (domain reference §2.2).

What follows a specification, a recipe or a contract is not in the plant's tags; such words give no limit here, and an
entry of ``alarms.toml`` says what the alarm is.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

NUMBER: Final = r"(\d+(?:\.\d+)?)"
PLUS_MINUS: Final = re.compile(rf"(SP|dev|T1-T2|imbalance) ?±?{NUMBER}(?: ?%)?/±?{NUMBER}( ?%)?")
SIGNED: Final = re.compile(rf"SP -{NUMBER}( ?%)?/-{NUMBER}(?: ?%)?/\+{NUMBER}(?: ?%)?/\+{NUMBER}(?: ?%)?")
ONE_OF: Final = re.compile(rf"[a-z]+ (\d+): {NUMBER}/{NUMBER}/{NUMBER}/{NUMBER}")
NOT_ZERO: Final = re.compile(r"≠ ?0")


@dataclass(frozen=True, slots=True)
class Worded:
    """A limit in words: alarm ``name``, active at ``offset + factor * reference``; ``reference`` is a tag or formula.

    ``name`` ``FAULT`` is active where the tag is not ``offset``.
    """

    name: str
    offset: float
    factor: float = 0.0
    reference: str = ""


def worded(text: str, tag: str, tags: Collection[str]) -> tuple[Worded, ...]:
    """Return the limits in ``text`` for the tag named ``tag``; ``tags`` are all names of its unit."""
    if NOT_ZERO.fullmatch(text):
        return (Worded("FAULT", 0.0),)
    found = ONE_OF.fullmatch(text)
    if found:
        values = map(float, found.groups()[1:])
        own = tag.endswith(found[1])
        return tuple(Worded(name, value) for name, value in zip(("LL", "L", "H", "HH"), values, strict=True) if own)
    found = SIGNED.fullmatch(text)
    if found:
        low2, percent, low1, high1, high2 = found.groups()
        return _around(set_point(tag, tags), float(low2), float(low1), float(high1), float(high2), bool(percent))
    found = PLUS_MINUS.fullmatch(text)
    if found is None:
        return ()
    what, inner, outer, percent = found[1], float(found[2]), float(found[3]), bool(found[4])
    if what == "T1-T2":
        reference = tag.removesuffix("2") + "1"
        reference = reference if reference in tags else ""
    elif what == "imbalance":
        reference = f"avg({re.sub(r'[0-9]+', '[]', tag)})"
    else:
        reference = set_point(tag, tags)
    return _around(reference, outer, inner, inner, outer, percent)


def set_point(tag: str, tags: Collection[str]) -> str:
    """Return a measured tag's set-point: ``Z3_SP`` for ``Z3_TB``, ``T_SP2`` for ``T_ZONE2``; "" for none."""
    head, _, tail = tag.rpartition("_")
    index = re.search(r"\d+\Z", tail)
    for candidate in (f"{head}_SP", f"{head}_SP{index.group()}" if index else ""):
        if candidate in tags and candidate != tag:
            return candidate
    return ""


def _around(reference: str, low2: float, low1: float, high1: float, high2: float, percent: bool) -> tuple[Worded, ...]:
    if not reference:
        return ()
    signed = (("LL", -low2), ("L", -low1), ("H", high1), ("HH", high2))
    if percent:
        return tuple(Worded(name, 0.0, 1.0 + by / 100.0, reference) for name, by in signed)
    return tuple(Worded(name, by, 1.0, reference) for name, by in signed)
