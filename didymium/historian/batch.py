"""Readings in the store's order: sorted by tag and time, cut at midnight and at the engine's block size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.schema import DAY_US
from didymium.model.readings import Readings

BLOCK_ROWS: Final = 1_000_000
"""Below the 1,048,449 rows at which the engine would cut a block itself: one block becomes one part, all or nothing."""

_TAGS_COUNTED: Final = 1 << 22
"""Up to this tag id the sort counts; its table takes 16 MiB."""


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one UTC day in store order; ``token`` names them for all time.

    It carries the rows' count and time range, so that a stream that was begun anew, whose numbers therefore
    come again, cannot be taken for what was stored under the same numbers before.
    """

    token: str
    readings: Readings


@njit(cache=True)
def _by_tag(
    tag: NDArray[np.uint32], time_us: NDArray[np.int64], slots: int
) -> tuple[NDArray[np.intp], bool]:  # pragma: no cover - compiled
    """Stable order by tag, and whether time also rises within every tag."""
    place = np.zeros(slots + 1, np.int64)
    for i in range(len(tag)):
        place[tag[i] + 1] += 1
    for t in range(slots):
        place[t + 1] += place[t]
    order = np.empty(len(tag), np.intp)
    for i in range(len(tag)):
        t = tag[i]
        order[place[t]] = i
        place[t] += 1
    for k in range(1, len(tag)):
        a, b = order[k - 1], order[k]
        if tag[a] == tag[b] and time_us[a] > time_us[b]:
            return order, False
    return order, True


def store_order(readings: Readings) -> NDArray[np.intp]:
    """(n,) the rows' order by tag, then time; equal ones keep theirs."""
    if len(readings) == 0:
        return np.empty(0, np.intp)
    slots = int(readings.tag.max()) + 1
    if slots <= _TAGS_COUNTED:
        order, rises = _by_tag(readings.tag, readings.time_us, slots)
        if rises:
            return order
    return np.lexsort((readings.time_us, readings.tag))


def blocks(readings: Readings, token: str) -> Iterator[Block]:
    """Cut readings into blocks, each of one day and at most ``BLOCK_ROWS``.

    The same rows in the same order with the same token give the same blocks, whenever that is: this is what lets
    a replay after a crash find each block stored or not stored, never half.
    """
    if len(readings) == 0:
        return
    first_day, last_day = int(readings.time_us.min()) // DAY_US, int(readings.time_us.max()) // DAY_US
    if first_day == last_day:
        days = [(first_day, readings)]
    else:
        day_of = readings.time_us // DAY_US
        days = [(int(day), readings.take(day_of == day)) for day in np.unique(day_of)]
    for day, part in days:
        ordered = part.take(store_order(part))
        for cut, start in enumerate(range(0, len(ordered), BLOCK_ROWS)):
            rows = ordered.take(slice(start, start + BLOCK_ROWS))
            reach = f"{len(rows)}/{int(rows.time_us.min())}/{int(rows.time_us.max())}"
            yield Block(f"{token}/{day}/{cut}/{reach}", rows)
