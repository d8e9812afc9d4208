"""Folds a stretch of the past from the historian, by the same kernel as the present."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.kpi.parts import FORGET_US, MINUTE_US, RETURN_US, Parts, Slots
from didymium.model.readings import Readings

Span = Callable[[Sequence[int], int, int], Readings]
"""Every reading of some tag ids between two times, by tag and time."""

CONTEXT_US: Final = RETURN_US + 10 * MINUTE_US
"""Read before the stretch, so that its first minute knows what came before."""
ROWS_AT_ONCE: Final = 6_000_000


def folded(slots: Slots, ids: NDArray[np.uint32], span: Span, first_minute: int, end_minute: int) -> Parts:
    """Return the parts of the minutes from ``first_minute`` to ``end_minute``; ``ids`` are (tags,) those of the slots.

    Raises what ``span`` raises.
    """
    parts = Parts(slots, first_minute, end_minute - first_minute)
    from_us, to_us = first_minute * MINUTE_US, end_minute * MINUTE_US
    start_us = from_us - CONTEXT_US
    each_s = max(1, (to_us - start_us) // 1_000_000)
    at_once = max(1, ROWS_AT_ONCE // each_s)
    place = np.full(int(ids.max(initial=0)) + 1, -1, np.int32)
    place[ids] = np.arange(len(ids), dtype=np.int32)
    for begin in range(0, len(ids), at_once):
        some = ids[begin : begin + at_once]
        readings = span(some.tolist(), start_us, to_us)
        silent = some[~np.isin(some, readings.tag[readings.sound & (readings.time_us < from_us)])]
        if len(silent):
            _take(parts, _last(span, silent, from_us - FORGET_US, start_us), place)
        _take(parts, readings, place)
    return parts


def _take(parts: Parts, readings: Readings, place: NDArray[np.int32]) -> None:
    parts.take(readings, place[readings.tag])


def _last(span: Span, ids: NDArray[np.uint32], from_us: int, to_us: int) -> Readings:
    """The last sound reading of each tag that has one in the stretch."""
    found: list[Readings] = []
    at_us, wanted = to_us, ids
    step_us = 2 * 60 * MINUTE_US
    while len(wanted) and at_us > from_us:
        begin_us = max(from_us, at_us - step_us)
        readings = span(wanted.tolist(), begin_us, at_us)
        readings = readings.take(readings.sound)
        last = np.flatnonzero(np.diff(readings.tag.astype(np.int64), append=-1))
        found.append(readings.take(last))
        wanted = wanted[~np.isin(wanted, found[-1].tag)]
        at_us, step_us = begin_us, 2 * step_us
    return Readings.concat(found)
