"""What each site comes to over a stretch of time, over all its tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.columns import flat
from didymium.historian.engine import Engine, column
from didymium.historian.schema import MINUTE_US
from didymium.historian.summed import Summed
from didymium.historian.sums import Sums
from didymium.historian.windows import HOUR_US, LAST_US

_ROWS_AT_ONCE: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class SiteSums:
    """Columns of equal length, one row per site that has a reading, by name.

    ``tags`` counts the tags with a reading, ``n`` the readings, ``n_good`` the good finite ones, of which ``low``,
    ``high`` and ``mean`` are (NaN without any). They join whatever units the site's tags have.
    """

    site: tuple[str, ...]
    tags: NDArray[np.int64]
    n: NDArray[np.int64]
    n_good: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    mean: NDArray[np.float64]


class Sites:
    """Which tag belongs to which site: the first part of its path. Tags are settled when the store is opened."""

    def __init__(self, engine: Engine) -> None:
        found = engine.read(
            f"SELECT id, splitByChar('.', path)[1] AS site FROM {engine.database}.tags FINAL ORDER BY id"
        )
        self.tags: NDArray[np.uint32] = column(found, "id", np.uint32)
        names, place = np.unique(column(found, "site", np.object_).astype(str), return_inverse=True)
        self.names = tuple(names.tolist())
        self._site_of_tag = np.zeros(int(self.tags.max(initial=0)) + 1, np.int64)
        self._site_of_tag[self.tags] = place

    def sums(self, summed: Summed, from_us: int, to_us: int) -> SiteSums:
        """The sites over ``[from_us, to_us)``, moved out to whole minutes.

        Whole hours are summed as hours. Per site, tags are added up by their ids and each tag in the order of time.
        Raises ``ValueError`` for an empty or reversed range.
        """
        if to_us <= from_us:
            raise ValueError(f"the range ends at {to_us} µs, not after its start at {from_us} µs: nothing to sum")
        start_us, end_us = max(0, from_us) // MINUTE_US * MINUTE_US, min(-(-to_us // MINUTE_US) * MINUTE_US, LAST_US)
        first_us, last_us = -(-start_us // HOUR_US) * HOUR_US, end_us // HOUR_US * HOUR_US
        if last_us <= first_us:
            first_us = last_us = end_us
        sums = _zeros(len(self.names))
        tags: list[int] = self.tags.tolist()
        width = max(1, _ROWS_AT_ONCE // ((end_us - start_us) // HOUR_US + 120))
        for at in range(0, len(tags), width):
            some = tags[at : at + width]
            parts = [
                summed.of_minutes(some, start_us, first_us) if first_us > start_us else None,
                summed.of_hours(some, first_us, last_us) if last_us > first_us else None,
                summed.of_minutes(some, max(last_us, first_us), end_us) if end_us > max(last_us, first_us) else None,
            ]
            self._add(sums, [part for part in parts if part is not None])
        there = np.flatnonzero(sums[1])
        tags_of, n, n_good, low, high, total = (each[there] for each in sums)
        mean = np.where(n_good == 0, np.nan, total / np.maximum(n_good, 1))
        return SiteSums(tuple(self.names[i] for i in there), tags_of, n, n_good, low, high, mean)

    def _add(self, sums: Any, parts: list[Sums]) -> None:
        rows = Sums.concat(parts)
        if len(parts) > 1:
            rows = rows.take(np.lexsort((rows.start_s, rows.tag)))
        columns = (flat(each) for each in (rows.tag, rows.n, rows.n_good, rows.low, rows.high, rows.total))
        _add(*columns, self._site_of_tag, *sums)


def _zeros(sites: int) -> Any:
    whole = [np.zeros(sites, np.int64) for _ in range(3)]
    return (*whole, np.full(sites, np.nan), np.full(sites, np.nan), np.zeros(sites))


@njit(cache=True, nogil=True)
def _add(
    tag: NDArray[np.uint32],
    n: NDArray[np.uint32],
    n_good: NDArray[np.uint32],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    total: NDArray[np.float64],
    site_of_tag: NDArray[np.int64],
    o_tags: NDArray[np.int64],
    o_n: NDArray[np.int64],
    o_good: NDArray[np.int64],
    o_low: NDArray[np.float64],
    o_high: NDArray[np.float64],
    o_total: NDArray[np.float64],
) -> None:  # pragma: no cover - compiled
    """Add rows by tag and time to their sites: a tag's sum first, then the site's."""
    i = 0
    while i < len(tag):
        site = site_of_tag[tag[i]]
        first = i
        sum_of_tag = 0.0
        while i < len(tag) and tag[i] == tag[first]:
            o_n[site] += n[i]
            if n_good[i]:
                if o_good[site] == 0 or low[i] < o_low[site]:
                    o_low[site] = low[i]
                if o_good[site] == 0 or high[i] > o_high[site]:
                    o_high[site] = high[i]
                o_good[site] += n_good[i]
                sum_of_tag += total[i]
            i += 1
        o_tags[site] += 1
        o_total[site] += sum_of_tag
