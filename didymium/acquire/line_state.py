"""What is known of one line: up or down and why, how fast, how skewed, and what was wrong with it."""

from __future__ import annotations

from collections import deque
from typing import Final

from didymium.acquire.sink import Line
from didymium.model.device import DeviceState, Discard

RATE_WINDOW_US: Final = 5_000_000
SKEW_WINDOW_US: Final = 30_000_000


class LineState:
    """Counters of one line since the edge started. Every method is told the time, µs since 1970."""

    def __init__(self, line: Line, now_us: int) -> None:
        self.line = line
        self.up = False
        self.cause = "connecting"
        self.since_us = now_us
        self.heard_us = now_us
        self.points = 0
        self.reconnects = 0
        self._was_up = False
        self._lag_us: int | None = None
        self._told_skew_ms: float | None = None
        self._ahead_us: deque[tuple[int, int]] = deque()
        self._rate: deque[tuple[int, int]] = deque([(now_us, 0)])
        self._discards: dict[str, Discard] = {}

    def heard(self, now_us: int) -> None:
        """The device gave a sign of life."""
        self.heard_us = now_us

    def accept(self, count: int, newest_us: int, received_us: int) -> None:
        """``count`` readings were kept; the newest of them has the source time ``newest_us``."""
        self.points += count
        if not self.line.own_clock:
            return
        self._lag_us = received_us - newest_us
        ahead_us = newest_us - received_us
        # the largest of the last half to whole minute: it was delayed least on its way
        if not self._ahead_us or received_us - self._ahead_us[-1][0] > SKEW_WINDOW_US:
            self._ahead_us.append((received_us, ahead_us))
            while len(self._ahead_us) > 2:
                self._ahead_us.popleft()
        elif ahead_us > self._ahead_us[-1][1]:
            self._ahead_us[-1] = (self._ahead_us[-1][0], ahead_us)

    def skew(self, skew_ms: float) -> None:
        """The connector measured the device's clock itself."""
        self._told_skew_ms = skew_ms

    def rise(self, now_us: int) -> None:
        """The line is up."""
        self.heard_us = now_us
        if self.up:
            return
        self.reconnects += self._was_up
        self.up = self._was_up = True
        self.cause = ""
        self.since_us = now_us

    def fall(self, cause: str, now_us: int) -> None:
        """The line is down; ``since_us`` stays that of the first cause until it was up again."""
        if self.up:
            self.since_us = now_us
        self.up = False
        self.cause = cause
        self._ahead_us.clear()
        self._lag_us = self._told_skew_ms = None

    def discard(self, cause: str, count: int, example: str, now_us: int) -> None:
        """Count trouble under its cause."""
        before = self._discards.get(cause)
        self._discards[cause] = Discard(cause, count + (before.count if before else 0), now_us, example)

    def silent_s(self, now_us: int) -> float:
        """How long nothing was heard."""
        return (now_us - self.heard_us) / 1e6

    def tell(self, now_us: int) -> DeviceState:
        """Return the state as shown. The rate is that of the last five seconds, or since the last call if longer."""
        while len(self._rate) > 1 and now_us - self._rate[1][0] >= RATE_WINDOW_US:
            self._rate.popleft()
        begun_us, begun_points = self._rate[0]
        passed_s = (now_us - begun_us) / 1e6
        self._rate.append((now_us, self.points))
        skew_ms = self._told_skew_ms
        if skew_ms is None and self._ahead_us:
            skew_ms = max(ahead for _, ahead in self._ahead_us) / 1e3
        return DeviceState(
            site=self.line.site,
            connector=self.line.name,
            protocol=self.line.protocol.value,
            endpoint=self.line.endpoint,
            up=self.up,
            since_us=self.since_us,
            cause=self.cause,
            points=self.points,
            points_per_s=(self.points - begun_points) / passed_s if passed_s > 0 else 0.0,
            skew_ms=skew_ms,
            lag_ms=None if self._lag_us is None else self._lag_us / 1e3,
            reconnects=self.reconnects,
            discards=tuple(self._discards.values()),
        )
