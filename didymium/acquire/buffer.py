"""Readings of one site that wait to be published."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from didymium.acquire.line_state import LineState
from didymium.model.readings import Readings


@dataclass(frozen=True, slots=True)
class Part:
    """What one line brought at one time."""

    line: LineState
    readings: Readings
    received_us: int


class SiteBuffer:
    """First in, first out. ``points`` is what it holds."""

    def __init__(self) -> None:
        self.points = 0
        self._parts: deque[Part] = deque()

    @property
    def oldest_us(self) -> int | None:
        """When the oldest part was received."""
        return self._parts[0].received_us if self._parts else None

    def put(self, part: Part) -> None:
        """Add at the end."""
        self._parts.append(part)
        self.points += len(part.readings)

    def pop(self, limit: int) -> tuple[Readings, int]:
        """Return the oldest rows, at most ``limit``, and when the first of them was received. It must not be empty."""
        taken: list[Readings] = []
        received_us = self._parts[0].received_us
        room = limit
        while self._parts and room:
            part = self._parts[0]
            if len(part.readings) <= room:
                self._parts.popleft()
                taken.append(part.readings)
            else:
                taken.append(part.readings.take(slice(room)))
                self._parts[0] = Part(part.line, part.readings.take(slice(room, None)), part.received_us)
            room -= len(taken[-1])
        self.points -= limit - room
        return Readings.concat(taken), received_us

    def drop_oldest(self) -> Part:
        """Give up the oldest part, for want of room. It must not be empty."""
        part = self._parts.popleft()
        self.points -= len(part.readings)
        return part
