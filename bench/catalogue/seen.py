"""What is watched of a fault: readings of its unit beside those of a plant without it, and the tags that part first."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from didymium.model.plant import TagTable
from didymium.model.ranges import RANGE
from didymium.twin.plant import TwinPlant

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass
class Seen:
    """Readings while a fault is there: of the plant that has it, ``ill``, and of the same plant without, ``usual``.

    Tags are of the fault's place, ``VOLT_PV``, or written whole, ``S02.KILN.KILN70.STATE``.
    """

    ill: TwinPlant
    usual: TwinPlant
    place: str
    after_s: int = 0
    _rows: dict[str, int] = field(default_factory=dict)
    _windows: dict[tuple[str, int], deque[float]] = field(default_factory=dict)

    def __getitem__(self, tag: str) -> float:
        return float(self.ill.values[self._row(tag)])

    def off(self, tag: str) -> float:
        """By how much the tag is off what it is without the fault. Both have the same noise, which cancels."""
        row = self._row(tag)
        return float(self.ill.values[row] - self.usual.values[row])

    def mean(self, tag: str, seconds: int) -> float:
        """Moving mean of a tag that is asked for every second."""
        return self._mean((tag, seconds), self[tag], seconds)

    def mean_off(self, tag: str, seconds: int) -> float:
        """Moving mean of ``off``."""
        return self._mean((f"off {tag}", seconds), self.off(tag), seconds)

    def _mean(self, key: tuple[str, int], value: float, seconds: int) -> float:
        window = self._windows.setdefault(key, deque(maxlen=seconds))
        window.append(value)
        return sum(window) / len(window)

    def _row(self, tag: str) -> int:
        row = self._rows.get(tag)
        if row is None:
            path = tag if tag.count(".") == 3 else f"{self.place}.{tag}"
            row = self._rows[tag] = self.ill.complex.tags.row_of[path]
        return row


class Noise:
    """Standard deviation of each tag's noise, from the differences of successive readings in normal running."""

    def __init__(self, values: Floats) -> None:
        self._last = values.copy()
        self._square = np.zeros(len(values))
        self._count = 0

    def hear(self, values: Floats) -> None:
        """Take the next second's readings."""
        self._square += (values - self._last) ** 2
        self._last[:] = values
        self._count += 1

    @property
    def sigma(self) -> Floats:
        """(n,) standard deviations."""
        return np.sqrt(self._square / (2.0 * max(1, self._count)))


def smallest_move(tags: TagTable, noise: Noise, values: Floats) -> Floats:
    """(n,) difference from which on a tag has moved: over twice its resolution, and over two sigma of its noise."""
    scale = tags.scale
    resolution = np.where(scale > 0.0, 1.0 / np.where(scale > 0.0, scale, 1.0), 0.01 * np.abs(values))
    moved = np.maximum(2.0 * resolution, 2.0 * noise.sigma)
    return np.where(tags.stepped, 0.5 * resolution, moved)


@dataclass(frozen=True, slots=True)
class Moved:
    """A tag that parted from the plant without the fault, ``after_s`` seconds after the injection.

    ``name`` is the tag's without its number, as the catalogue names it: ``Z_TT`` for ``Z9_TT``.
    """

    path: str
    name: str
    after_s: int


class Movers:
    """The tags that move first: by time, then the unit's own before others, then by how far they moved."""

    def __init__(self, tags: TagTable, rows: Rows, least: Floats, place: str) -> None:
        self._tags, self._rows, self._least, self._place = tags, rows, least[rows], f"{place}."
        self._first_s = np.zeros(len(rows), np.int64)
        self._size = np.zeros(len(rows))

    @property
    def names(self) -> frozenset[str]:
        """Names of all tags that are watched."""
        return frozenset(self._name(row) for row in self._rows)

    def look(self, after_s: int, ill: Floats, usual: Floats) -> None:
        """Note what has moved by this second."""
        gap = np.abs(ill[self._rows] - usual[self._rows])
        fresh = (gap > self._least) & (self._first_s == 0)
        if fresh.any():
            self._first_s[fresh] = after_s
            self._size[fresh] = gap[fresh] / self._least[fresh]

    def first(self) -> list[Moved]:
        """The first tag of each name that has moved, the first ones first."""
        path = self._tags.path
        others = [not path[row].startswith(self._place) for row in self._rows]
        moved = sorted(
            np.flatnonzero(self._first_s), key=lambda i: (self._first_s[i], others[i], -self._size[i], self._rows[i])
        )
        found: dict[str, Moved] = {}
        for i in moved:
            row = self._rows[i]
            found.setdefault(self._name(row), Moved(path[row], self._name(row), int(self._first_s[i])))
        return list(found.values())

    def _name(self, row: int) -> str:
        return RANGE.sub("", self._tags.template_tag[row].name)
