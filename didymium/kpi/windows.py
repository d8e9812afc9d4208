"""Windows of time that KPIs are asked for and kept of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from didymium.kpi.definitions import Kpi
from didymium.kpi.entries import Per
from didymium.kpi.parts import MINUTE_US
from didymium.model.shifts import Shifts

HOUR_US: Final = 60 * MINUTE_US


class Asked(StrEnum):
    """Windows that end now, and yesterday."""

    NOW = "now"
    SHIFT = "shift"
    DAY = "day"
    YESTERDAY = "yesterday"


class Every(StrEnum):
    """Windows whose values are kept when they close."""

    HOUR = "hour"
    SHIFT = "shift"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Window:
    """From ``from_us``, a whole minute, to ``to_us``, not included; ``whole_us`` is how long it is once it is over."""

    from_us: int
    to_us: int
    whole_us: int


def asked(name: Asked, shifts: Shifts, now_us: int) -> Window:
    """The window of a name: the last hour, the shift or day until now, or all of yesterday."""
    if name is Asked.NOW:
        return Window(now_us // MINUTE_US * MINUTE_US - HOUR_US, now_us, HOUR_US)
    if name is Asked.SHIFT:
        shift = shifts.shift_at(now_us)
        return Window(shift.from_us, now_us, shift.to_us - shift.from_us)
    day = shifts.day_at(now_us)
    if name is Asked.DAY:
        return Window(day.from_us, now_us, day.to_us - day.from_us)
    before = shifts.day_at(day.from_us - 1)
    return Window(before.from_us, before.to_us, before.to_us - before.from_us)


def a_day_before(name: Asked, shifts: Shifts, window: Window) -> Window:
    """What a window is compared with: as much of the same shift, day or hour, a day before."""
    length_us = window.to_us - window.from_us
    if name is Asked.SHIFT:
        from_us = shifts.same_shift_yesterday(shifts.shift_at(window.from_us)).from_us
    elif name is Asked.NOW:
        day = shifts.day_at(window.to_us)
        from_us = shifts.day_at(day.from_us - 1).from_us + (window.from_us - day.from_us)
    else:
        from_us = shifts.day_at(window.from_us - 1).from_us
    return Window(from_us, from_us + length_us, window.whole_us)


def long_enough(window: Window, kpi: Kpi) -> Window:
    """The window, or one that ends with it and is as long as the KPI needs."""
    from_us = min(window.from_us, (window.to_us - kpi.minimum_us) // MINUTE_US * MINUTE_US)
    return Window(from_us, window.to_us, max(window.whole_us, kpi.minimum_us))


def closed(every: Every, shifts: Shifts, after_us: int, upto_us: int) -> Iterator[Window]:
    """The whole windows that end after ``after_us`` and by ``upto_us``, oldest first."""
    at_us = after_us
    while True:
        if every is Every.HOUR:
            from_us = at_us // HOUR_US * HOUR_US
            to_us = from_us + HOUR_US
        elif every is Every.SHIFT:
            shift = shifts.shift_at(at_us)
            from_us, to_us = shift.from_us, shift.to_us
        else:
            day = shifts.day_at(at_us)
            from_us, to_us = day.from_us, day.to_us
        if to_us > upto_us:
            return
        yield Window(from_us, to_us, to_us - from_us)
        at_us = to_us


def is_kept(every: Every, window: Window, kpi: Kpi) -> bool:
    """Whether a KPI's values of such a window are kept: those of single units by shift and day only.

    Helpers are not, but for amounts that are added up over longer times.
    """
    if (kpi.helper and not kpi.amount) or kpi.minimum_us > window.whole_us:
        return False
    return every is not Every.HOUR or kpi.per is not Per.UNIT
