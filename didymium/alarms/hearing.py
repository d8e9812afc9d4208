"""Up to when all that was sent has been heard: silence is judged by it, for our clock runs on while a backlog comes."""

from __future__ import annotations

from typing import Final

from didymium.alarms.frames import OPEN, SECOND_US

PATIENCE_US: Final = 300 * SECOND_US
"""How long nothing at all may be heard after a start before that is silence."""


class Hearing:
    """Follows the newest second that came of any site, and when it came."""

    def __init__(self, started_us: int) -> None:
        self._newest_us = self._at_us = started_us
        self._heard = False

    def hear(self, second: int, now_us: int) -> None:
        """A frame of ``second`` is there; it closed ``OPEN`` seconds after its own."""
        through_us = (second + 1 + OPEN) * SECOND_US
        if through_us > self._newest_us or not self._heard:
            self._newest_us, self._at_us, self._heard = through_us, now_us, True

    def heard_us(self, now_us: int) -> int:
        """The newest time heard, and from then on our clock's pace."""
        waited_us = now_us - self._at_us - (0 if self._heard else PATIENCE_US)
        return min(now_us, self._newest_us + max(0, waited_us))
