"""Readings in the store's order: sorted by tag and time, cut at midnight and at the engine's block size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.columns import flat
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


@njit(cache=True, nogil=True)
def _by_tag(tag: NDArray[np.uint32], slots: int) -> NDArray[np.uint32]:  # pragma: no cover - compiled
    """Stable order by tag."""
    place = np.zeros(slots + 1, np.uint32)
    for i in range(len(tag)):
        place[tag[i] + 1] += 1
    for t in range(slots):
        place[t + 1] += place[t]
    order = np.empty(len(tag), np.uint32)
    for i in range(len(tag)):
        t = tag[i]
        order[place[t]] = i
        place[t] += 1
    return order


@njit(cache=True, nogil=True)
def _gathered(
    order: NDArray[np.uint32],
    tag: NDArray[np.uint32],
    time_us: NDArray[np.int64],
    value: NDArray[np.float64],
    status: NDArray[np.uint32],
    flags: NDArray[np.uint8],
) -> Any:  # pragma: no cover - compiled
    """The columns in an order by tag, and whether time rises within every tag.

    Row by row, because a second's neighbours lie in one line of the cache.
    """
    n = len(order)
    out_tag, out_time, out_value = np.empty(n, np.uint32), np.empty(n, np.int64), np.empty(n, np.float64)
    out_status, out_flags = np.empty(n, np.uint32), np.empty(n, np.uint8)
    last_tag, last_time = np.uint32(0), np.int64(0)
    falls = 0
    for k in range(n):
        i = order[k]
        this_tag, this_time = tag[i], time_us[i]
        falls += (this_tag == last_tag) & (this_time < last_time) & (k > 0)
        last_tag, last_time = this_tag, this_time
        out_tag[k], out_time[k], out_value[k] = this_tag, this_time, value[i]
        out_status[k], out_flags[k] = status[i], flags[i]
    return (out_tag, out_time, out_value, out_status, out_flags), falls == 0


def in_store_order(readings: Readings) -> Readings:
    """The rows by tag, then time; equal ones keep their order."""
    if len(readings) == 0:
        return readings
    slots = int(readings.tag.max()) + 1
    if slots <= _TAGS_COUNTED:
        columns = (readings.tag, readings.time_us, readings.value, readings.status, readings.flags)
        ordered, rises = _gathered(_by_tag(flat(readings.tag), slots), *(flat(each) for each in columns))
        if rises:
            return Readings(*ordered)
    return readings.take(np.lexsort((readings.time_us, readings.tag)))


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
        ordered = in_store_order(part)
        for cut, start in enumerate(range(0, len(ordered), BLOCK_ROWS)):
            rows = ordered.take(slice(start, start + BLOCK_ROWS))
            reach = f"{len(rows)}/{int(rows.time_us.min())}/{int(rows.time_us.max())}"
            yield Block(f"{token}/{day}/{cut}/{reach}", rows)
