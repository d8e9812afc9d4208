"""Readings of one site that wait to be screened and published."""

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

    def pop(self, limit: int) -> tuple[list[Part], int]:
        """Return the oldest rows, at most ``limit``, and when the first of them was received. It must not be empty.

        What one line brought in a row is one part, received when its last rows were.
        """
        runs: list[tuple[LineState, list[Readings], int]] = []
        first_us = self._parts[0].received_us
        room = limit
        while self._parts and room:
            part = self._parts[0]
            if len(part.readings) <= room:
                self._parts.popleft()
                taken = part.readings
            else:
                taken = part.readings.take(slice(room))
                self._parts[0] = Part(part.line, part.readings.take(slice(room, None)), part.received_us)
            if runs and runs[-1][0] is part.line:
                runs[-1] = (part.line, [*runs[-1][1], taken], part.received_us)
            else:
                runs.append((part.line, [taken], part.received_us))
            room -= len(taken)
        self.points -= limit - room
        return [Part(line, Readings.concat(rows), received_us) for line, rows, received_us in runs], first_us

    def drop_oldest(self) -> Part:
        """Give up the oldest part, for want of room. It must not be empty."""
        part = self._parts.popleft()
        self.points -= len(part.readings)
        return part
