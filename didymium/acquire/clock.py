"""Our clock, read at the edges; everything that decides is told the time."""

from __future__ import annotations

import time


def now_us() -> int:
    """Return µs since 1970 UTC."""
    return time.time_ns() // 1000
