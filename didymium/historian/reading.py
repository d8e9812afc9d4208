"""Questions about readings one by one."""

from __future__ import annotations

import time
from typing import Final

from didymium.historian.engine import READ_LIMIT_S
from didymium.historian.errors import QueryTooLong
from didymium.historian.points import END_US, FIRST_US, Points
from didymium.historian.schema import DAY_US
from didymium.model.readings import Readings

_MOST_US: Final = 32 * DAY_US
"""The longest stretch that is in memory at once: 2.8 million rows of a tag that is read once a second."""


def raw(points: Points, tag: int, from_us: int, to_us: int, limit: int, known_at_us: int | None) -> Readings:
    """The tag's first ``limit`` readings of ``[from_us, to_us)`` in time order; an empty range has none.

    A long range is read a stretch at a time, because the first rows are often enough. Raises ``QueryTooLong`` when
    30 s have passed.
    """
    deadline_s = time.monotonic() + READ_LIMIT_S
    at_us, end_us = max(from_us, FIRST_US), min(to_us, END_US)
    stretch_us = DAY_US
    parts: list[Readings] = []
    rows = 0
    while at_us < end_us and rows < limit:
        if time.monotonic() > deadline_s:
            raise QueryTooLong(0, f"the tag was read for {READ_LIMIT_S} s: ask for a shorter range or fewer rows")
        upto_us = min(at_us + stretch_us, end_us)
        parts.append(points.known([tag], at_us, upto_us, known_at_us))
        rows += len(parts[-1])
        at_us, stretch_us = upto_us, min(2 * stretch_us, _MOST_US)
    found = Readings.concat(parts)
    return found if rows <= limit else found.take(slice(0, max(0, limit)))
