"""Why points are missing: what the edges said about their connectors, second by second, held against a minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from didymium.model.device import DeviceState, EdgeState

SECOND_US: Final = 1_000_000
SLACK_US: Final = 2 * SECOND_US
"""A connection's end is noticed a little after its last point, its return a little before the first."""
STALL_US: Final = 5 * SECOND_US
"""Edges speak every second; a longer silence between two words is a stall."""
CLOCK_OFF_MS: Final = 30_000.0
MOST_SPANS: Final = 2_000
"""Spans kept per site; the oldest go first."""
HARMLESS: Final = frozenset({"duplicate", "late", "out of range", "not finite", "clock ahead"})
"""Discard causes that lose no point: the reading is kept, or was there before."""

DEVICE_SILENT: Final = "device silent"
SOME_TAGS_SILENT: Final = "some tags silent"
EDGE_DOWN: Final = "edge down"
EDGE_STALLED: Final = "edge stalled"
CENTRE_STOPPED: Final = "centre stopped"
SPINE_BEHIND: Final = "spine behind"
EDGE_UNREACHABLE: Final = "edge unreachable"
EDGE_NOT_HEARD: Final = "edge not heard"
OPEN_CAUSES: Final = frozenset({SPINE_BEHIND, EDGE_UNREACHABLE, EDGE_NOT_HEARD})
"""What can be said of a minute before its edge has spoken for it; looked at again when it has."""


@dataclass(slots=True)
class _Span:
    source: str
    cause: str
    from_us: int
    to_us: int


class Causes:
    """Spans of trouble per site, from the states that the edges publish between their readings.

    The states come in stream order with the readings, so what is known at a time is known about all before it.
    """

    def __init__(self, sites: Sequence[str]) -> None:
        self._spans: dict[str, deque[_Span]] = {site: deque(maxlen=MOST_SPANS) for site in sites}
        self._edge_of: dict[str, str] = {}
        self._last: dict[str, EdgeState] = {}
        self._unread: dict[str, int | None] = {}

    def heard_us(self, site: str) -> int | None:
        """Time up to which the site's edge has spoken, or None when it has not in this run."""
        edge = self._edge_of.get(site)
        return None if edge is None else self._last[edge].time_us

    def observe(self, state: EdgeState) -> None:
        """Take an edge's next word."""
        before = self._last.get(state.edge)
        self._last[state.edge] = state
        earlier = {} if before is None else {device.connector: device for device in before.devices}
        for site in {device.site for device in state.devices}:
            if site in self._spans:
                self._edge_of[site] = state.edge
                self._edge_spans(site, before, state)
        for device in state.devices:
            if device.site in self._spans:
                last_us = state.started_us if before is None else before.time_us
                self._device_spans(device, earlier.get(device.connector), last_us, state.time_us)

    def follow(self, edge: str, unread_messages: int | None) -> None:
        """Take how far the centre is behind the edge's stream; None when the stream cannot be reached."""
        self._unread[edge] = unread_messages

    def open_cause(self, site: str) -> str:
        """Return why the site's edge has not been heard up to now; it may still be."""
        edge = self._edge_of.get(site)
        if edge is None:
            return EDGE_NOT_HEARD
        unread = self._unread.get(edge)
        if unread is None:
            return EDGE_UNREACHABLE
        return SPINE_BEHIND if unread else EDGE_NOT_HEARD

    def cause(self, site: str, from_us: int, to_us: int) -> str | None:
        """Return the trouble that covers most of ``[from_us, to_us)``, or None when no edge spoke of any."""
        covered: dict[tuple[str, str], int] = {}
        for span in self._spans[site]:
            overlap_us = min(span.to_us + SLACK_US, to_us) - max(span.from_us - SLACK_US, from_us)
            if overlap_us > 0:
                covered[span.source, span.cause] = covered.get((span.source, span.cause), 0) + overlap_us
        if not covered:
            return None
        source, cause = max(covered, key=lambda key: covered[key])
        return f"{source}: {cause}" if source else cause

    def _edge_spans(self, site: str, before: EdgeState | None, state: EdgeState) -> None:
        if before is None:
            self._add(site, "", EDGE_DOWN, 0, state.started_us)
        elif state.started_us != before.started_us:
            self._add(site, "", EDGE_DOWN, before.time_us, max(before.time_us, state.started_us))
        elif state.time_us - before.time_us > STALL_US:
            self._add(site, "", EDGE_STALLED, before.time_us, state.time_us)

    def _device_spans(self, device: DeviceState, before: DeviceState | None, last_us: int, now_us: int) -> None:
        source = device.connector
        if not device.up:
            self._add(device.site, source, device.cause or "not connected yet", device.since_us, now_us)
        elif before is not None and not before.up:
            self._add(device.site, source, before.cause or "not connected yet", before.since_us, device.since_us)
        elif before is not None and device.reconnects > before.reconnects:
            self._add(device.site, source, "reconnected", last_us, now_us)
        elif before is None:
            self._add(device.site, source, "not connected yet", min(last_us, device.since_us), device.since_us)
        if device.skew_ms is not None and abs(device.skew_ms) > CLOCK_OFF_MS:
            way = "ahead" if device.skew_ms > 0 else "behind"
            self._add(device.site, source, f"device clock {way}", last_us, now_us)
        counts = {} if before is None else {discard.cause: discard.count for discard in before.discards}
        for discard in device.discards:
            if discard.cause not in HARMLESS and discard.count > counts.get(discard.cause, 0):
                self._add(device.site, source, discard.cause, last_us, now_us)

    def _add(self, site: str, source: str, cause: str, from_us: int, to_us: int) -> None:
        """Add a span, or stretch the last of the same trouble when they touch."""
        spans = self._spans[site]
        for span in reversed(spans):
            if span.source == source:
                if span.cause == cause and from_us <= span.to_us + SLACK_US:
                    span.from_us = min(span.from_us, from_us)
                    span.to_us = max(span.to_us, to_us)
                    return
                break
        spans.append(_Span(source, cause, from_us, to_us))
