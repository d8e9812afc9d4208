"""What a KPI can ask of a tag over a window of time, and of which parts of a minute the answer is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.model.dimension import NUMBER, Dimension, product

Floats = NDArray[np.float64]


class Part(IntEnum):
    """What is kept of one tag and minute; see ``parts`` for how each comes about."""

    COUNT = 0
    SUM = 1
    SQUARES = 2
    LOWEST = 3
    HIGHEST = 4
    FIRST = 5
    LAST = 6
    GROWTH = 7
    CHANGES = 8
    CHANGED = 9
    INTEGRAL = 10
    TRUE = 11
    STARTS = 12


class Says(IntEnum):
    """What a function takes behind its tag."""

    NOTHING = 0
    """A tag alone."""
    MAYBE = 1
    """A tag, and if wanted a condition on it: only readings that meet it count."""
    CONDITION = 2
    """A condition on a tag instead of the tag."""


@dataclass(frozen=True, slots=True)
class Function:
    """``dimension`` is that of the answer, from the tag's; ``scaled`` says whether the tag's size is in it.

    ``join`` makes answers of the (parts, tags) of a window and the (tags,) centres of the tags' ranges; the tags from
    ``starts[i]`` to ``starts[i + 1]`` make the answer i.
    """

    parts: tuple[Part, ...]
    says: Says
    dimension: Callable[[Dimension], Dimension]
    scaled: bool
    join: Callable[[Floats, Floats, NDArray[np.intp]], Floats]


def _same(of: Dimension) -> Dimension:
    return of


def _number(of: Dimension) -> Dimension:
    return NUMBER


def _time(of: Dimension) -> Dimension:
    return {"s": 1}


def _by_time(of: Dimension) -> Dimension:
    return product(of, {"s": 1})


def _added(parts: Floats, centre: Floats, starts: NDArray[np.intp]) -> Floats:
    """The sum over the tags that have something."""
    there = ~np.isnan(parts[0])
    summed = np.add.reduceat(np.where(there, parts[0], 0.0), starts)
    return np.where(np.add.reduceat(there, starts, dtype=np.int64) > 0, summed, np.nan)


def _lowest(parts: Floats, centre: Floats, starts: NDArray[np.intp]) -> Floats:
    return np.fmin.reduceat(parts[0], starts)


def _highest(parts: Floats, centre: Floats, starts: NDArray[np.intp]) -> Floats:
    return np.fmax.reduceat(parts[0], starts)


def _mean(parts: Floats, centre: Floats, starts: NDArray[np.intp]) -> Floats:
    count = np.nan_to_num(parts[0])
    n = np.add.reduceat(count, starts)
    total = np.add.reduceat(np.nan_to_num(parts[1]) + centre * count, starts)
    return total / np.where(n > 0.0, n, np.nan)


def _deviation(parts: Floats, centre: Floats, starts: NDArray[np.intp]) -> Floats:
    """Standard deviation of a sample, of all readings of all tags together; NaN of fewer than two."""
    count, shifted, squares = (np.nan_to_num(part) for part in parts)
    n = np.add.reduceat(count, starts)
    mean = _mean(parts, centre, starts)
    own = shifted / np.where(count > 0.0, count, np.nan)
    within = np.nan_to_num(squares - count * own * own)
    apart = np.nan_to_num(centre + own - np.repeat(mean, np.diff([*starts, len(centre)])))
    spread = np.add.reduceat(within + count * apart * apart, starts)
    return np.sqrt(np.maximum(spread, 0.0) / np.where(n > 1.0, n - 1.0, np.nan))


FUNCTIONS: Final[Mapping[str, Function]] = {
    "growth": Function((Part.GROWTH,), Says.NOTHING, _same, True, _added),
    "changes": Function((Part.CHANGES,), Says.NOTHING, _same, True, _added),
    "count": Function((Part.CHANGED,), Says.NOTHING, _number, False, _added),
    "integral": Function((Part.INTEGRAL,), Says.MAYBE, _by_time, True, _added),
    "mean": Function((Part.COUNT, Part.SUM), Says.MAYBE, _same, True, _mean),
    "std": Function((Part.COUNT, Part.SUM, Part.SQUARES), Says.MAYBE, _same, True, _deviation),
    "minimum": Function((Part.LOWEST,), Says.MAYBE, _same, True, _lowest),
    "maximum": Function((Part.HIGHEST,), Says.MAYBE, _same, True, _highest),
    "first": Function((Part.FIRST,), Says.NOTHING, _same, True, _added),
    "last": Function((Part.LAST,), Says.NOTHING, _same, True, _added),
    "readings": Function((Part.COUNT,), Says.MAYBE, _number, False, _added),
    "known": Function((Part.TRUE,), Says.NOTHING, _time, False, _added),
    "seconds": Function((Part.TRUE,), Says.CONDITION, _time, False, _added),
    "starts": Function((Part.STARTS,), Says.CONDITION, _number, False, _added),
}
"""The functions of tags by the names that formulas call them by."""
EMPTY_IS_NOTHING: Final = frozenset({Part.LOWEST, Part.HIGHEST, Part.FIRST, Part.LAST})
"""Parts that have no value in a minute without a reading; the others are 0 there."""
