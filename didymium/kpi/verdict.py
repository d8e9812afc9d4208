"""Whether a KPI is where it should be."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Final

WARN_SHARE: Final = 0.05
"""A value that misses its target by no more than this share of it is a warning."""
LATE_SHARE: Final = 0.03
"""An amount that is no more than this share behind its plan is on it."""
LEAST_COMPLETE: Final = 0.5
LEAST_FOR_PLAN: Final = 0.9


class Verdict(StrEnum):
    """As a light: green, yellow, red, off."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    UNKNOWN = "unknown"


def verdict(value: float, low: float | None, high: float | None, due: float, complete: float) -> Verdict:
    """Hold a value against its target, or where it has none, against what was ``due`` by now (NaN: nothing).

    ``complete`` is the share of its readings that came: from half of them or less nothing is concluded, and an amount
    that lacks more than a tenth of them is not held against a plan.
    """
    if math.isnan(value) or complete <= LEAST_COMPLETE:
        return Verdict.UNKNOWN
    if low is None and high is None:
        if math.isnan(due) or due <= 0.0 or complete < LEAST_FOR_PLAN:
            return Verdict.UNKNOWN
        behind = 1.0 - value / due
        return (
            Verdict.OK if behind <= LATE_SHARE else Verdict.WARN if behind <= LATE_SHARE + WARN_SHARE else Verdict.BAD
        )
    missed = 0.0
    if low is not None and value < low:
        missed = (low - value) / abs(low) if low else math.inf
    if high is not None and value > high:
        missed = (value - high) / abs(high) if high else math.inf
    return Verdict.OK if missed == 0.0 else Verdict.WARN if missed <= WARN_SHARE else Verdict.BAD
