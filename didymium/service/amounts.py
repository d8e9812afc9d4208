"""Which tags the day's amounts are made of, and what the historian already has of the day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.historian.store import Historian
from didymium.live.tally import Amount, Tally
from didymium.model.plant import Complex
from didymium.model.readings import Readings
from didymium.model.registry import TagIds
from didymium.model.search import matching_rows

MINUTE_US: Final = 60_000_000


def rows_matching(plant: Complex, patterns: Iterable[str]) -> NDArray[np.int32]:
    """Tag table rows whose path matches one of the patterns, ascending."""
    found = {row for pattern in patterns for row in matching_rows(pattern, plant.tags, plant.sites)}
    return np.array(sorted(found), np.int32)


def amounts_of(plant: Complex) -> list[Amount]:
    """The headlines, then the flows: their ids are ``headline:…`` and ``flow:…``."""
    amounts = [
        Amount(f"headline:{one.id}", rows_matching(plant, one.tags), one.method, one.factor) for one in plant.headlines
    ]
    return amounts + [
        Amount(f"flow:{one.id}", rows_matching(plant, one.tags), one.method, one.factor) for one in plant.flows
    ]


def backfill(historian: Historian, tally: Tally, ids: TagIds, from_us: int, to_us: int) -> None:
    """Give the tally what is stored of its tags, minute by minute, and the last minutes reading by reading.

    A flow is known by its minutes' means, a counter or the weight of a piece by their last values: the same amounts as
    from every reading as long as no tag brings two pieces within a minute.
    """
    whole_us = to_us // MINUTE_US * MINUTE_US - MINUTE_US
    if whole_us > from_us:
        minutes = historian.bucketed(ids.ids[tally.rows].tolist(), from_us, whole_us, (whole_us - from_us) // MINUTE_US)
        held = np.isin(ids.row_of_id[minutes.tag], tally.rows_held)
        value = np.where(held, minutes.mean, minutes.last)
        time_us = np.where(held, minutes.start_us, minutes.start_us + minutes.width_us - 1)
        tally.take(Readings.of(minutes.tag, time_us, value, minutes.last_status))
    tally.take(historian.span(ids.ids[tally.rows].tolist(), max(from_us, whole_us), to_us))
