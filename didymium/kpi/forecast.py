"""What an amount will have come to at the end of the day, with the band in which it will lie four times out of five.

The amounts of whole hours before now are taken as a sample. What the hours still to come add is predicted by their
mean; how far off that may be follows from their spread. For n hours with mean m and standard deviation s, and r hours
to come, the sum of those lies within ``r m +- t s sqrt(r + r**2 / n)`` (t of n - 1 degrees of freedom): the prediction
interval for a sum of r future observations of a normal sample (Hahn and Meeker, Statistical Intervals, 1991, §4.8,
there for their mean). A part of an hour varies as the same part of s². Hours that follow each other are taken as
independent. Where a rich hour makes the next a poor one, as heats and taps do, the band is wider than it need be;
where a plant stands still for hours, it is too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

T_90: Final = np.array([
    np.inf, 3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372, 1.363,
    1.356, 1.350, 1.345, 1.341, 1.337, 1.333, 1.330, 1.328, 1.325, 1.323, 1.321, 1.319,
])  # fmt: skip
"""Student's t at 0.90 by its degrees of freedom: a tenth of the cases lies above, a tenth below minus it."""
FEWEST: Final = 6
"""Whole hours without which there is no forecast."""
MOST: Final = 24
"""Whole hours that are taken."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """(scopes,) the day's amount, and the ends of the band; NaN where too few hours are known."""

    value: Floats
    low: Floats
    high: Floats


def forecast(so_far: Floats, hours: Floats, hours_left: float) -> Forecast:
    """Return the day's amount from that so far and the (n, scopes) amounts of whole hours, NaN where one is not known.

    ``n`` is at most ``MOST``. What has come does not go again: the band ends no lower than the amount so far.
    """
    there = ~np.isnan(hours)
    known = there.sum(axis=0)
    n = np.where(known >= FEWEST, known, np.nan)
    mean = np.where(there, hours, 0.0).sum(axis=0) / n
    apart = np.where(there, hours - mean, 0.0)
    deviation = np.sqrt((apart * apart).sum(axis=0) / (n - 1.0))
    reach = T_90[np.maximum(known - 1, 0)] * deviation * np.sqrt(hours_left + hours_left**2 / n)
    value = so_far + hours_left * mean
    return Forecast(value, np.maximum(so_far, value - reach), value + reach)
