"""The weather over the complex: one temperature for all sites."""

from __future__ import annotations

import math
from typing import Final

from didymium.twin.unit_type import DAY_S

SHIFT_S: Final = 8 * 3600
"""China Standard Time is eight hours ahead of UTC."""
YEAR_S: Final = 365.2425 * DAY_S


def ambient_c(second: int) -> float:
    """Outdoor temperature, °C, warmest in mid-July and at 15:00: mean 8, season ±16, day ±6. (A)"""
    season = math.cos(2.0 * math.pi * (second / YEAR_S - 196.0 / 365.2425))
    hour = (second + SHIFT_S) % DAY_S / 3600.0
    return 8.0 + 16.0 * season + 6.0 * math.cos(2.0 * math.pi * (hour - 15.0) / 24.0)
