"""Purities of a solvent-extraction cascade when its ratio of flows drifts, a reduced model (domain reference §13).

A cascade that gets more organic than it needs carries its separation front towards the extract end, slowly, because
all the rare earth in its stages has to move; less organic carries it to the raffinate end. The front follows the
ratio with a first-order lag of days, and the impurity at the end that it nears grows with its square:

    tau dz/dt = 100 (O/A / (O/A)0 - 1) - z          z in %
    i = i0 E / (1 + i0 (E - 1) / i_max),  E = exp(k z²)

``k`` and ``i_max`` fit the stage-by-stage model of the reference (separation factor 1.5, 45 + 35 stages): +2 % organic
leaves the extract at 99.66 % after two days and at 92.5 % after eighteen. Units: % and s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GROWTH_PER_PCT2: Final = 1.306
WORST_PCT: Final = 25.0
"""Impurity of a product that is no longer separated: the feed's. (A)"""


@dataclass(frozen=True, slots=True)
class Cascades:
    """(n,) columns: the impurities at the right ratio, the lag, and where the front stands."""

    extract_impurity_pct: Floats
    raffinate_impurity_pct: Floats
    lag_s: Floats
    front_pct: Floats

    @property
    def extract_pct(self) -> Floats:
        """Purity of the extract."""
        return 100.0 - spoilt_pct(self.extract_impurity_pct, np.maximum(self.front_pct, 0.0))

    @property
    def raffinate_pct(self) -> Floats:
        """Purity of the raffinate."""
        return 100.0 - spoilt_pct(self.raffinate_impurity_pct, np.minimum(self.front_pct, 0.0))


def cascades(extract_pct: Floats, raffinate_pct: Floats, lag_s: Floats) -> Cascades:
    """Cascades that have long run at their right ratio and make these purities."""
    return Cascades(100.0 - extract_pct, 100.0 - raffinate_pct, lag_s, np.zeros(len(lag_s)))


def spoilt_pct(impurity_pct: Floats, front_pct: Floats) -> Floats:
    """Impurity with the front so far from its place."""
    grown = np.exp(np.minimum(GROWTH_PER_PCT2 * front_pct**2, 60.0))
    spoilt: Floats = impurity_pct * grown / (1.0 + impurity_pct * (grown - 1.0) / WORST_PCT)
    return spoilt


def step_cascades(c: Cascades, deviation_pct: Floats, dt_s: float) -> None:
    """Move the fronts for ``dt_s`` at a ratio that is ``deviation_pct`` (n,) off; exact for any step.

    Raises ``ValueError`` for a step that is not positive.
    """
    if not dt_s > 0.0:
        raise ValueError(f"cascades advance by more than 0 s a step, not by {dt_s:g}")
    c.front_pct[:] += (deviation_pct - c.front_pct) * -np.expm1(-dt_s / c.lag_s)
