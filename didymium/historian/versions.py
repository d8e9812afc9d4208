"""Numbers that only rise, so that of two rows for one key the later write holds."""

from __future__ import annotations

import threading
import time


class Versions:
    """Gives out rising numbers: the wall clock in ns, or one more than the last where the clock stood or went back."""

    def __init__(self, last: int) -> None:
        """``last`` is the highest number that the store already holds."""
        self._last = last
        self._lock = threading.Lock()

    def next(self) -> int:
        with self._lock:
            self._last = max(self._last + 1, time.time_ns())
            return self._last
