"""The completeness ledger: points expected and received, for every site and minute, and why any are missing.

A tag with period p is expected every p seconds from its own first reading on, or from its site's first reading when
it stays silent for the first ``FIRST_GRACE_S``. A reading counts in the minute of its source time, however late it
comes; it repairs a minute that was closed without it. A minute never counts for more than was expected of it: what
comes above is reported apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from didymium.live.causes import CENTRE_STOPPED, DEVICE_SILENT, OPEN_CAUSES, SOME_TAGS_SILENT, Causes
from didymium.live.counting import RING_MINUTES, RING_SECONDS, count
from didymium.model.device import EdgeState
from didymium.model.plant import Complex
from didymium.model.readings import Readings
from didymium.model.registry import TagIds

SECOND_US: Final = 1_000_000
MINUTE_US: Final = 60 * SECOND_US
CLOSE_S: Final = 10
"""A minute is closed this long after its end."""
SETTLE_S: Final = 5
"""Today's figures reach up to this long ago: what is younger is still on its way."""
FIRST_GRACE_S: Final = 10
NOT_YET: Final = np.iinfo(np.int64).max


class SiteMinute(NamedTuple):
    """One site's minute, as the historian keeps it; ``cause`` is empty where nothing is missing."""

    site: str
    minute_us: int
    expected: int
    received: int
    cause: str


class SiteDay(NamedTuple):
    """A site since midnight. ``completeness`` is None while nothing was expected."""

    site: str
    expected: int
    received: int
    completeness: float | None


class Today(NamedTuple):
    """All sites since midnight in the plant's zone. ``points`` are all that came, ``surplus`` those not expected."""

    since_us: int
    expected: int
    received: int
    completeness: float | None
    points: int
    surplus: int
    sites: tuple[SiteDay, ...]


class Gap(NamedTuple):
    """Neighbouring minutes of one site that miss points for one reason."""

    site: str
    from_us: int
    to_us: int
    missing: int
    cause: str


class Ledger:
    """Three days of minutes in a ring. At start: ``load`` the kept rows, ``recount`` from the store, then ``take``."""

    def __init__(self, complex: Complex, ids: TagIds, *, started_us: int) -> None:  # noqa: A002 - the plant noun
        tags = complex.tags
        sites = len(complex.sites)
        self._sites = tuple(site.id for site in complex.sites)
        self._index = {site: i for i, site in enumerate(self._sites)}
        self._zone = ZoneInfo(complex.zone)
        self._started_us = started_us
        self._site_of_id: NDArray[np.int16] = np.where(ids.row_of_id >= 0, tags.site[ids.row_of_id], -1).astype(
            np.int16
        )
        self._row_of_id = ids.row_of_id
        self._site_of_row = tags.site
        self._period_us: NDArray[np.float64] = tags.period_s * SECOND_US
        self._per_minute = np.floor(
            np.bincount(tags.site, weights=60.0 / tags.period_s, minlength=sites) + 1e-6
        ).astype(np.int64)
        self._causes = Causes(self._sites)
        self._first_us: NDArray[np.int64] = np.full(len(tags), NOT_YET, np.int64)
        self._site_first_us: NDArray[np.int64] = np.full(sites, NOT_YET, np.int64)
        self._minute: NDArray[np.int64] = np.full((sites, RING_MINUTES), -1, np.int64)
        self._count: NDArray[np.int64] = np.zeros((sites, RING_MINUTES), np.int64)
        self._expected: NDArray[np.int64] = np.full((sites, RING_MINUTES), -1, np.int64)
        self._dirty: NDArray[np.bool_] = np.zeros((sites, RING_MINUTES), np.bool_)
        self._second: NDArray[np.int64] = np.full((sites, RING_SECONDS), -1, np.int64)
        self._second_count: NDArray[np.int64] = np.zeros((sites, RING_SECONDS), np.int64)
        self._outside = np.zeros(3, np.int64)
        self._short: dict[tuple[int, int], str] = {}
        self._provisional: set[tuple[int, int]] = set()
        self._closed_minute: int | None = None

    @property
    def outside(self) -> dict[str, int]:
        """Points that no minute of the ledger can hold, by reason."""
        before, old, ahead = self._outside.tolist()
        return {"before the site's first": before, "older than three days": old, "ahead of our clock": ahead}

    def take(self, readings: Readings, received_us: int) -> None:
        """Count readings that the edge took in at ``received_us``."""
        count(
            readings.tag,
            readings.time_us,
            received_us,
            self._site_of_id,
            self._row_of_id,
            self._first_us,
            self._site_first_us,
            self._minute,
            self._count,
            self._expected,
            self._dirty,
            self._second,
            self._second_count,
            self._outside,
        )

    def observe(self, state: EdgeState) -> None:
        """Take an edge's word about its connectors, in stream order with the readings."""
        self._causes.observe(state)

    def follow(self, edge: str, unread_messages: int | None) -> None:
        """Take how far the centre is behind an edge's stream; None when it cannot be reached."""
        self._causes.follow(edge, unread_messages)

    def load(self, rows: Iterable[tuple[str, int, int, int, str]]) -> None:
        """Take rows (site, minute µs, expected, received, cause) that were kept by an earlier run."""
        for name, minute_us, expected, received, cause in rows:
            site = self._index.get(name)
            if site is None:
                continue
            minute = minute_us // MINUTE_US
            slot = self._slot(site, minute)
            if slot is None:
                continue
            self._expected[site, slot] = expected
            self._count[site, slot] = received
            self._site_first_us[site] = min(int(self._site_first_us[site]), minute_us)
            if received < expected:
                self._short[site, minute] = cause
                if cause in OPEN_CAUSES:
                    self._provisional.add((site, minute))
            if self._closed_minute is None or minute > self._closed_minute:
                self._closed_minute = minute
        # The tags' own first readings are of the past; from here on all of a site's tags are expected.
        begun = self._site_first_us != NOT_YET
        rows_begun = begun[self._site_of_row]
        self._first_us[rows_begun] = self._site_first_us[self._site_of_row[rows_begun]]

    def recount(self, counts: Iterable[tuple[str, int, int]]) -> None:
        """Set what the store says of minutes (site, minute µs, points), before anything is taken in this run.

        The rows of the last minutes were durable before the ledger's were: the store knows better.
        """
        for name, minute_us, points in counts:
            site = self._index.get(name)
            if site is None or minute_us + MINUTE_US <= self._site_first_us[site]:
                continue
            slot = self._slot(site, minute_us // MINUTE_US)
            if slot is not None and self._count[site, slot] != points:
                self._count[site, slot] = points
                self._dirty[site, slot] = self._expected[site, slot] >= 0

    def close_minutes(self, now_us: int) -> list[SiteMinute]:
        """Return the rows to keep: minutes that ended, and closed ones that changed since they were last returned."""
        last = (now_us - CLOSE_S * SECOND_US) // MINUTE_US - 1
        changed: set[tuple[int, int]] = set()
        begun = self._site_first_us[self._site_first_us != NOT_YET]
        if len(begun):
            first = int(begun.min()) // MINUTE_US if self._closed_minute is None else self._closed_minute + 1
            for minute in range(max(first, last - RING_MINUTES + 2), last + 1):
                changed |= self._close(minute)
            self._closed_minute = last if self._closed_minute is None else max(self._closed_minute, last)
        sites, slots = np.nonzero(self._dirty)
        changed |= set(zip(sites.tolist(), self._minute[sites, slots].tolist(), strict=True))
        self._dirty[:] = False
        for site, minute in list(self._provisional):
            if self._is_settled(site, minute):
                changed.add((site, minute))
        return [self._row(site, minute) for site, minute in sorted(changed, key=lambda key: (key[1], key[0]))]

    def today(self, now_us: int) -> Today:
        """Return the figures from midnight in the plant's zone up to ``SETTLE_S`` ago."""
        since_us = self.midnight_us(now_us)
        horizon_us = now_us // SECOND_US * SECOND_US - SETTLE_S * SECOND_US
        first, current = since_us // MINUTE_US, horizon_us // MINUTE_US
        sites = len(self._sites)
        counted = self._count
        is_today = (self._minute >= first) & (self._minute < current)
        is_closed = is_today & (self._expected >= 0)
        expected = np.where(is_closed, self._expected, 0).sum(axis=1)
        received = np.where(is_closed, np.minimum(counted, self._expected), 0).sum(axis=1)
        open_from = (
            int(self._site_first_us.min()) // MINUTE_US if self._closed_minute is None else self._closed_minute + 1
        )
        for minute in range(max(open_from, first, current - RING_MINUTES), current):
            due = np.array([self._due(site, minute, (minute + 1) * MINUTE_US) for site in range(sites)])
            expected += due
            received += np.minimum(due, self._counts(minute))
        due = np.array([self._due(site, max(first, current), horizon_us) for site in range(sites)])
        within = (self._second >= max(current * 60, since_us // SECOND_US)) & (self._second < horizon_us // SECOND_US)
        expected += due
        received += np.minimum(due, np.where(within, self._second_count, 0).sum(axis=1))
        points = int(np.where(self._minute >= first, counted, 0).sum())
        fit = int(np.where(is_closed, np.maximum(counted - self._expected, 0), 0).sum())
        days = tuple(
            SiteDay(site, int(e), int(r), float(r / e) if e else None)
            for site, e, r in zip(self._sites, expected, received, strict=True)
        )
        total, came = int(expected.sum()), int(received.sum())
        return Today(since_us, total, came, came / total if total else None, points, fit, days)

    def delivered(self, from_us: int, to_us: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (sites,) points expected and received in the closed minutes of a window of the last three days."""
        within = (self._minute >= from_us // MINUTE_US) & (self._minute < -(-to_us // MINUTE_US))
        due = np.where(within & (self._expected >= 0), self._expected, 0)
        return due.sum(axis=1).astype(np.float64), np.minimum(self._count, due).sum(axis=1).astype(np.float64)

    def gaps(self, from_us: int, most: int) -> list[Gap]:
        """Return the gaps after ``from_us``, newest first, at most ``most``."""
        found: list[Gap] = []
        for (site, minute), cause in sorted(self._short.items()):
            start_us, slot = minute * MINUTE_US, minute % RING_MINUTES
            if start_us < from_us:
                continue
            missing = int(self._expected[site, slot] - self._count[site, slot])
            gap = Gap(self._sites[site], start_us, start_us + MINUTE_US, missing, cause)
            before = found[-1] if found else None
            if before is not None and (before.site, before.to_us, before.cause) == (gap.site, gap.from_us, cause):
                found[-1] = Gap(gap.site, before.from_us, gap.to_us, before.missing + gap.missing, cause)
            else:
                found.append(gap)
        return sorted(found, key=lambda gap: gap.to_us, reverse=True)[:most]

    def midnight_us(self, now_us: int) -> int:
        """The plant's last midnight."""
        now = datetime.fromtimestamp(now_us / 1e6, tz=UTC).astimezone(self._zone)
        return int(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()) * SECOND_US

    def _slot(self, site: int, minute: int) -> int | None:
        """The minute's place in the ring, made its own if it is the newest there; None when a newer one has it."""
        slot = minute % RING_MINUTES
        if self._minute[site, slot] > minute:
            return None
        if self._minute[site, slot] < minute:
            self._minute[site, slot] = minute
            self._count[site, slot] = 0
            self._expected[site, slot] = -1
            self._dirty[site, slot] = False
        return slot

    def _counts(self, minute: int) -> NDArray[np.int64]:
        slot = minute % RING_MINUTES
        return np.where(self._minute[:, slot] == minute, self._count[:, slot], 0)

    def _due(self, site: int, minute: int, end_us: int) -> int:
        """Points expected of the site from the minute's start to ``end_us``, at most its end."""
        start_us = minute * MINUTE_US
        site_first_us = int(self._site_first_us[site])
        if site_first_us >= end_us or start_us >= end_us:
            return 0
        if site_first_us + FIRST_GRACE_S * SECOND_US <= start_us:
            return int(self._per_minute[site]) * (end_us - start_us) // MINUTE_US
        of_site = self._site_of_row == site
        first_us = self._first_us[of_site]
        too_late = first_us > site_first_us + FIRST_GRACE_S * SECOND_US
        from_us = np.maximum(np.where(too_late, site_first_us, first_us), start_us)
        return int(np.ceil((end_us - from_us).clip(0) / self._period_us[of_site]).sum())

    def _close(self, minute: int) -> set[tuple[int, int]]:
        closed = set()
        for site in range(len(self._sites)):
            due = self._due(site, minute, (minute + 1) * MINUTE_US)
            slot = self._slot(site, minute)
            if slot is None or due == 0:
                continue
            self._expected[site, slot] = due
            closed.add((site, minute))
        oldest = minute - RING_MINUTES
        self._short = {key: cause for key, cause in self._short.items() if key[1] > oldest}
        self._provisional = {key for key in self._provisional if key[1] > oldest}
        return closed

    def _is_settled(self, site: int, minute: int) -> bool:
        heard_us = self._causes.heard_us(self._sites[site])
        return heard_us is not None and heard_us >= (minute + 1) * MINUTE_US

    def _row(self, site: int, minute: int) -> SiteMinute:
        """The minute as it stands, its cause looked up anew unless an earlier run did that."""
        slot = minute % RING_MINUTES
        expected = int(self._expected[site, slot])
        received = min(int(self._count[site, slot]), expected)
        key = (site, minute)
        self._provisional.discard(key)
        if received >= expected:
            self._short.pop(key, None)
            return SiteMinute(self._sites[site], minute * MINUTE_US, expected, received, "")
        self._short[key] = cause = self._cause(site, minute, received)
        return SiteMinute(self._sites[site], minute * MINUTE_US, expected, received, cause)

    def _cause(self, site: int, minute: int, received: int) -> str:
        name, start_us = self._sites[site], minute * MINUTE_US
        kept = self._short.get((site, minute))
        if kept and kept not in OPEN_CAUSES and start_us + MINUTE_US <= self._started_us:
            return kept
        if not self._is_settled(site, minute):
            self._provisional.add((site, minute))
            return self._causes.open_cause(name)
        spoken = self._causes.cause(name, start_us, start_us + MINUTE_US)
        if spoken is not None:
            return spoken
        if start_us < self._started_us:
            return CENTRE_STOPPED
        return SOME_TAGS_SILENT if received else DEVICE_SILENT
