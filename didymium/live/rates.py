"""How fast points come, and how many tags of each site are good, bad or stale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.live.state import LiveState
from didymium.model.status import is_bad, is_good

SECOND_US: Final = 1_000_000


class Rate:
    """Points a second over the last ``window_s`` whole seconds, and over fewer while it is young."""

    def __init__(self, window_s: int = 10) -> None:
        self._window_s = window_s
        self._count = np.zeros(window_s + 1, np.int64)
        self._second = np.full(window_s + 1, -1, np.int64)
        self._first_second: int | None = None

    def add(self, points: int, now_us: int) -> None:
        """Count points that came now."""
        second = now_us // SECOND_US
        if self._first_second is None:
            self._first_second = second
        slot = second % len(self._count)
        if self._second[slot] != second:
            self._second[slot] = second
            self._count[slot] = 0
        self._count[slot] += points

    def per_s(self, now_us: int) -> float:
        """Mean of the whole seconds in the window; 0 before the first whole second has passed."""
        if self._first_second is None:
            return 0.0
        second = now_us // SECOND_US
        span_s = min(self._window_s, second - self._first_second)
        if span_s <= 0:
            return 0.0
        within = (self._second >= second - span_s) & (self._second < second)
        return float(self._count[within].sum() / span_s)


@dataclass(frozen=True, slots=True)
class SiteTags:
    """Tags of each site in the complex's order, (n_sites,) each: fresh with good status, fresh with bad, stale.

    A tag without a reading yet is stale; one with an uncertain status is neither good nor bad.
    """

    good: NDArray[np.int64]
    bad: NDArray[np.int64]
    stale: NDArray[np.int64]


def site_tags(live: LiveState, now_us: int) -> SiteTags:
    """Count the tags of all sites."""
    stale = live.stale(now_us)
    sites = len(live.complex.sites)
    site = live.complex.tags.site

    def counted(chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(site[chosen], minlength=sites).astype(np.int64)

    return SiteTags(counted(is_good(live.status) & ~stale), counted(is_bad(live.status) & ~stale), counted(stale))
