"""Books over hours to weeks: what comes, less what goes, less what is held. What they say is a signal for alarms.

Rates are per hour. Time counts as far as it was heard: a gap of up to half a part, or 15 min, goes on with the rates
after it; a longer one makes books that hold something begin anew, for what came meanwhile is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BUCKETS: Final = 120
"""The longest window is cut into so many parts; what is said is said at the end of each."""
PLACES: Final = BUCKETS + 1
COLUMNS: Final = 3
"""Of a part: the mean of what came less what went less what is held; what had come by its end; hours to its middle."""
LONGEST_GAP_S: Final = 900
NOT_HEARD: Final = np.iinfo(np.int64).min
BOOK: Final = np.dtype(
    [
        ("net", np.float64), ("came", np.float64), ("hours", np.float64), ("area", np.float64),
        ("open_hours", np.float64), ("parts", np.int64), ("last_s", np.int64),
    ],
    align=True,
)  # fmt: skip
"""How one book stands; ``area`` and ``open_hours`` are of the part that is open."""


class Says(IntEnum):
    """What books say of a window."""

    MEAN = 0  # what came less what went, an hour
    AMOUNT = 1  # what is missing: came, less went, less what is held more than before
    SHIFT = 2  # the mean of the newest hours less that of the window
    SIGMAS = 3  # what is missing over what may be missing by chance


class Side(IntEnum):
    """On which side of the books a signal stands."""

    CAME = 0
    WENT = 1
    HELD = 2


MEAN, SHIFT, SIGMAS = Says.MEAN.value, Says.SHIFT.value, Says.SIGMAS.value
CAME, WENT = Side.CAME.value, Side.WENT.value
RULE: Final = np.dtype(
    [
        ("says", np.int8), ("holds", np.bool_), ("counts", np.int32), ("out", np.int32), ("part_hours", np.float64),
        ("window", np.int32), ("short", np.int32), ("newest", np.int32), ("meters_pu", np.float64),
        ("gauging", np.float64), ("place", np.int64),
    ],
    align=True,
)  # fmt: skip
"""Of a book: ``counts`` is the signal that says when it counts, -1 for always; ``window``, ``short`` (0 for none) and
``newest`` are in parts; ``place`` is where its ring begins; the other names are those of ``alarms.toml``."""


@dataclass(frozen=True, slots=True)
class Books:
    """The (n,) books of one site. Terms ``first[i]`` to ``first[i + 1]`` are of book i; ``number`` is its state's."""

    rule: NDArray[Any]
    first: NDArray[np.int64]
    row: NDArray[np.int32]
    side: NDArray[np.int8]
    number: NDArray[np.int64]


def new_books(count: int) -> tuple[NDArray[Any], Floats]:
    """(count,) books with nothing in them, and their ring."""
    books = np.zeros(count, BOOK)
    books["last_s"] = NOT_HEARD
    return books, np.full(count * PLACES * COLUMNS, np.nan)


@njit(cache=True)
def said(rule: Any, parts: int, ring: Floats) -> float:
    """What a book says after so many parts: of its windows what is farthest from 0, NaN while it is too young.

    Too young is: less than a tenth of the shortest window, for a mean less than half, for a shift less than twice its
    newest hours; and less than two parts.
    """
    last = rule.place + ((parts - 1) % PLACES) * COLUMNS
    shortest = rule.short if rule.short > 0 else rule.window
    least = max(2, shortest // (2 if rule.says == MEAN else 10), 2 * rule.newest)
    best = np.nan
    for window in (rule.window, rule.short):
        reach = min(window, parts - 1)
        if window == 0 or reach < least:
            continue
        then = rule.place + ((parts - 1 - reach) % PLACES) * COLUMNS
        hours = ring[last + 2] - ring[then + 2]
        x = ring[last] - ring[then]
        if rule.says == MEAN:
            x /= hours
        elif rule.says == SHIFT:
            new = rule.place + ((parts - 1 - rule.newest) % PLACES) * COLUMNS
            x = (ring[last] - ring[new]) / (ring[last + 2] - ring[new + 2]) - x / hours
        elif rule.says == SIGMAS:
            days = hours / 24.0
            meters = rule.meters_pu * (ring[last + 1] - ring[then + 1]) / days / np.sqrt(days)
            x = x / days / np.hypot(meters, np.sqrt(2.0) * rule.gauging / days)
        if np.isnan(best) or abs(x) > abs(best):
            best = x
    return best


@njit(cache=True)
def keep(
    second: int,
    rule: NDArray[Any],
    first: NDArray[np.int64],
    row: NDArray[np.int32],
    side: NDArray[np.int8],
    number: NDArray[np.int64],
    signal: Floats,
    books: NDArray[Any],
    ring: Floats,
) -> None:
    """Enter this second into a site's books, and put what they say into ``signal``."""
    for i in range(len(rule)):
        own = rule[i]
        book = books[number[i]]
        if own.counts >= 0 and signal[own.counts] != 1.0:
            book.last_s = NOT_HEARD
            continue
        came = went = held = 0.0
        for k in range(first[i], first[i + 1]):
            if side[k] == CAME:
                came += signal[row[k]]
            elif side[k] == WENT:
                went += signal[row[k]]
            else:
                held += signal[row[k]]
        if np.isnan(came + went + held):
            continue
        gap_s = 0 if book.last_s == NOT_HEARD else second - book.last_s
        book.last_s = second
        if gap_s > max(LONGEST_GAP_S, 1800.0 * own.part_hours):
            if own.holds:
                book.net = book.came = book.hours = book.area = book.open_hours = 0.0
                book.parts = 0
                signal[own.out] = np.nan
            continue
        if gap_s <= 0:
            continue
        hours = gap_s / 3600.0
        book.net += (came - went) * hours
        book.came += came * hours
        book.area += (book.net - held) * hours
        book.open_hours += hours
        if book.open_hours < own.part_hours * (1.0 - 1e-9):
            continue
        place = own.place + (book.parts % PLACES) * COLUMNS
        ring[place] = book.area / book.open_hours
        ring[place + 1] = book.came
        ring[place + 2] = book.hours + book.open_hours / 2.0
        book.hours += book.open_hours
        book.area = book.open_hours = 0.0
        book.parts += 1
        signal[own.out] = said(own, book.parts, ring)
