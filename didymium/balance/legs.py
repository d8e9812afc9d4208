"""What a verdict stands on: legs, each a closing or figures that must lie in a band over days."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from didymium.kpi.definitions import Kpi
from didymium.model.plant import Text


class Compared(StrEnum):
    """What of a leg is held against its band."""

    CLOSING = "closing"
    """What is missing of what came into a sheet over all its days together, in per cent."""
    EVERY_DAY = "every_day"
    """A figure of each day for itself."""
    CHANGE = "change"
    """By how much a figure's days went up from the first to the last, along a straight line."""
    NOTHING = "nothing"
    """The plant has no tag that would tell: what is missing is said in words."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg. ``sheet`` is the id of the sheet whose closing counts, "" for others; ``kpis`` are its figures.

    ``low`` and ``high`` are in ``unit`` and hold over ``days`` whole days. ``missing`` says what a leg without tags
    lacks, None for others.
    """

    id: str
    name: Text
    compared: Compared
    unit: str
    low: float
    high: float
    days: int
    sheet: str
    kpis: tuple[Kpi, ...]
    missing: Text | None

    def beyond(self, value: float) -> float:
        """By how much a value lies outside the band, below 0 within it."""
        return max(self.low - value, value - self.high)


@dataclass(frozen=True, slots=True)
class Rule:
    """A verdict as it is asked for; how small a leak ``sheet`` would show is told with it.

    ``bias_percent`` is what each of its meters may be off by, the same way every day.
    """

    id: str
    name: Text
    source: str
    sheet: str
    bias_percent: float
    legs: tuple[Leg, ...]
