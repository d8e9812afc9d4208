"""Which tags the day's amounts are made of, and what the historian already has of the day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.historian.store import Historian
from didymium.live.tally import Amount, Tally
from didymium.model.plant import Complex
from didymium.model.registry import TagIds
from didymium.model.search import matching_rows

CHUNK_US: Final = 600_000_000


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
    """Give the tally what is stored of its tags, oldest first."""
    wanted = ids.ids[tally.rows].tolist()
    for start_us in range(from_us, to_us, CHUNK_US):
        tally.take(historian.span(wanted, start_us, min(start_us + CHUNK_US, to_us)))
