"""Numbers with their slope: how much the result of a formula moves with one of its inputs, exactly.

A number is a pair ``(value, slope)``; the rules of differentiation carry the slope along (forward mode; Griewank and
Walther, Evaluating Derivatives, 2008, chapter 3). At a corner, as of ``min``, the slope is that of the part taken.
"""

from __future__ import annotations

import math
from typing import Final

Number = tuple[float, float]

NOTHING: Final[Number] = (math.nan, math.nan)
ALIKE: Final = 1e-9
"""Two numbers that differ by a smaller share are the same: 864 pieces a day by 36 are 24, whatever the last bit."""


def added(left: Number, right: Number) -> Number:
    """The sum."""
    return left[0] + right[0], left[1] + right[1]


def less(left: Number, right: Number) -> Number:
    """The difference."""
    return left[0] - right[0], left[1] - right[1]


def times(left: Number, right: Number) -> Number:
    """The product."""
    return left[0] * right[0], left[1] * right[0] + left[0] * right[1]


def divided(left: Number, right: Number) -> Number:
    """The quotient; ``NOTHING`` where the divisor is 0."""
    if right[0] == 0.0:
        return NOTHING
    quotient = left[0] / right[0]
    return quotient, (left[1] - quotient * right[1]) / right[0]


def smaller(left: Number, right: Number) -> Number:
    """The smaller of the two; ``NOTHING`` where one is missing."""
    return NOTHING if math.isnan(left[0] + right[0]) else min(left, right, key=_value)


def greater(left: Number, right: Number) -> Number:
    """The greater of the two; ``NOTHING`` where one is missing."""
    return NOTHING if math.isnan(left[0] + right[0]) else max(left, right, key=_value)


def absolute(of: Number) -> Number:
    """Without its sign."""
    return of if of[0] >= 0.0 else (-of[0], -of[1])


def whole_above(of: Number) -> Number:
    """The least whole number that is not below; it stands still, so its slope is 0."""
    return (float(math.ceil(of[0])), 0.0) if math.isfinite(of[0]) else NOTHING


def at_most(left: float, right: float) -> bool:
    """Whether ``left`` is not above ``right``; false where one is missing."""
    return left <= right or math.isclose(left, right, rel_tol=ALIKE)


def _value(of: Number) -> float:
    return of[0]
