"""Which tags the day's amounts are made of, and what the historian already has of the day."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.historian.store import Historian
from didymium.live.tally import Amount, Tally
from didymium.model.plant import Complex
from didymium.model.registry import TagIds

CHUNK_US: Final = 600_000_000


def rows_matching(plant: Complex, patterns: Iterable[str]) -> NDArray[np.int32]:
    """Tag table rows whose path matches one of the patterns, ascending."""
    found: set[int] = set()
    for pattern in patterns:
        site = plant.site_of.get(pattern.split(".", 1)[0])
        rows = range(*site.rows.indices(len(plant.tags))) if site else range(len(plant.tags))
        matches = re.compile(translate(pattern)).match
        found.update(row for row in rows if matches(plant.tags.path[row]))
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
