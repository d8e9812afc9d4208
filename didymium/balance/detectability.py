"""How small a bias or a leak the balances can still find, and after how long.

A reading over one window has a random error, which the mean of n windows shrinks by √n, and a systematic one (how well
the meter is calibrated), which no waiting shrinks: σ(n)² = random² / n + systematic². With the information c = f V⁻¹ f
that balances have of an error with the trace f, V the covariance of imbalances at σ(n), its estimate has the standard
deviation 1 / √c. It is found with the chance ``power`` where it is as large as

    δ = (z(1 - β/2) + z(power)) / √c,    β = 1 - (1 - level)^(1/h) for h hypotheses (Šidák)

(the chance of finding it with the wrong sign, below 10⁻⁵ here, is not counted). ``level`` is the chance of a false
alarm at one look at all balances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.special import ndtri

from didymium.balance.hypotheses import Candidates
from didymium.balance.network import Floats
from didymium.balance.reconcile import reconcile
from didymium.balance.reduction import Reduction
from didymium.balance.suspicion import two_sided_limit


@dataclass(frozen=True, slots=True)
class Meters:
    """Standard deviations of readings over one window, (n,): what is ``random`` and what is ``systematic``."""

    random: Floats
    systematic: Floats

    def sigma(self, windows: float) -> Floats:
        """The standard deviation of the mean of ``windows`` windows, (n,)."""
        total: Floats = np.sqrt(self.random**2 / windows + self.systematic**2)
        return total


@dataclass(frozen=True, slots=True)
class Question:
    """What counts as found: at a chance ``level`` of a false alarm, with the chance ``power``."""

    level: float
    power: float

    def standard_deviations(self, tests: int) -> float:
        """How many standard deviations of its estimate an error must have."""
        return two_sided_limit(self.level, tests) + float(ndtri(self.power))


def smallest(
    reduction: Reduction, candidates: Candidates, meters: Meters, windows: float, question: Question, tests: int
) -> Floats:
    """The smallest error of each candidate that is found from the mean of ``windows`` windows, (h,).

    Infinite for one that leaves no trace. ``tests`` is how many hypotheses are looked at together.
    """
    found = reconcile(reduction, np.zeros(len(reduction.measured)), meters.sigma(windows))
    with np.errstate(divide="ignore"):
        return question.standard_deviations(tests) / np.sqrt(found.information(candidates.signatures))


def windows_until(
    reduction: Reduction,
    signature: sp.csc_array,
    size: float,
    meters: Meters,
    question: Question,
    tests: int,
    most: int,
) -> int | None:
    """How many windows it takes until an error of ``size`` with this trace (k, 1) is found; None beyond ``most``.

    The smallest n with size ≥ δ(n). Where meters have no systematic error that is (δ(1) / size)², rounded up.
    """

    def enough(windows: int) -> bool:
        found = reconcile(reduction, np.zeros(len(reduction.measured)), meters.sigma(windows))
        information = float(found.information(signature)[0])
        return abs(size) * information**0.5 >= question.standard_deviations(tests) * (1 - 1e-12)

    if not enough(most):
        return None
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
