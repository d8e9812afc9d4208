"""Judges of consequences: each looks at tags, as a dispatcher would."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.catalogue.drill import Judge
from bench.catalogue.seen import Seen


def at_once(sign: Judge) -> Callable[[], Judge]:
    """A judge without memory."""
    return lambda: sign


class Standing:
    """Something has been so for more than ``seconds`` on end."""

    def __init__(self, sign: Judge, seconds: int) -> None:
        self._sign, self._seconds, self._since_s = sign, seconds, 0

    def __call__(self, seen: Seen) -> bool:
        self._since_s = self._since_s + 1 if self._sign(seen) else 0
        return self._since_s > self._seconds


class OutOfOrder:
    """A label that is not the one after the last: a piece with another's number, and so with another's history."""

    def __init__(self, tag: str) -> None:
        self._tag, self._last = tag, 0.0

    def __call__(self, seen: Seen) -> bool:
        label, last = seen[self._tag], self._last
        self._last = label
        return last != 0.0 and label not in (last, last + 1.0)


def parted(one: str, other: str, by: float) -> Judge:
    """Two readings of one thing have parted by so much more than they do without the fault."""
    return lambda seen: abs(seen.off(one) - seen.off(other)) >= by


def sludged(seen: Seen) -> bool:
    """What the feeder gave and the cell did not use lies on its bottom, and the voltage is up, as a mean of 5 min."""
    risen_v = seen.mean_off("VOLT_PV", 300)
    return seen[of_cell(seen, "FEED", "CUM_DEV")] > 28.0 and risen_v > 0.4


def of_cell(seen: Seen, kind: str, tag: str) -> str:
    """The tag of the feeder or cell of the same number."""
    line, unit = seen.place.rsplit(".", 1)
    return f"{line}.{kind}{unit[4:]}.{tag}"


def not_delivered(seen: Seen) -> bool:
    """Some of the readings that the day expects are not delivered."""
    plant = seen.ill
    tags = np.array([site.count for site in plant.complex.sites])
    return bool(tags[plant.faults.lines_down].sum() > 0)
