"""Whether readings and balances agree within the random errors of the meters, and which disagree.

All limits are for a level that holds for all tests of a kind together: each of n tests takes 1 - (1 - level)^(1/n)
(Z. Šidák, J. Am. Stat. Assoc. 62 (1967) 626-633), so that a faultless plant is suspected with the chance ``level``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.special import chdtrc, chdtri, ndtri

from didymium.balance.network import Flags, Floats
from didymium.balance.reconcile import Reconciled


@dataclass(frozen=True, slots=True)
class Whole:
    """The global test: ``statistic`` is χ² with ``degrees``; ``chance`` of as much or more without gross errors."""

    statistic: float
    degrees: int
    limit: float
    chance: float

    @property
    def suspicious(self) -> bool:
        return self.statistic > self.limit


@dataclass(frozen=True, slots=True)
class Each:
    """Tests of single meters or balances: ``statistic`` in standard deviations, NaN where nothing can be said."""

    statistic: Floats
    limit: float

    @property
    def suspicious(self) -> Flags:
        found: Flags = abs(self.statistic) > self.limit
        return found


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Generalised likelihood ratios, (h,): ``estimate`` of each error with its ``sigma``.

    ``statistic``, χ² with one degree of freedom, is by how much the objective falls when that error is allowed for.
    """

    estimate: Floats
    sigma: Floats
    statistic: Floats


def single_level(level: float, tests: int) -> float:
    """The level of each of ``tests`` tests, so that all of them together have ``level`` (Šidák)."""
    return float(-np.expm1(np.log1p(-level) / max(tests, 1)))


def two_sided_limit(level: float, tests: int) -> float:
    """How many standard deviations either way one of ``tests`` may show, for ``level`` of all together."""
    return float(-ndtri(single_level(level, tests) / 2))


def global_test(found: Reconciled, level: float) -> Whole:
    """Whether the balances close as a whole (Reilly and Carpani 1963): the objective against χ²."""
    degrees = found.reduction.degrees
    if degrees == 0:
        return Whole(0.0, 0, 0.0, 1.0)
    return Whole(
        found.objective, degrees, float(chdtri(degrees, level)), float(chdtrc(degrees, max(found.objective, 0.0)))
    )


def measurement_test(found: Reconciled, level: float) -> Each:
    """Each adjustment over its standard deviation (R. S. H. Mah, A. C. Tamhane, AIChE J. 28 (1982) 828-830).

    With meters that err independently this has the greatest power for a single bias. The sign is that of the error: a
    meter that reads too much is adjusted down and has a statistic above 0.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = -found.adjustment / found.adjustment_sigma
    statistic[~(found.adjustment_sigma > 0)] = np.nan
    return Each(statistic, two_sided_limit(level, int(np.isfinite(statistic).sum())))


def nodal_test(imbalance: Floats, sigma: Floats, level: float) -> Each:
    """What each balance lacks over its standard deviation (R. S. H. Mah et al. 1976); NaN where a meter is missing."""
    return Each(imbalance / sigma, two_sided_limit(level, int(np.isfinite(imbalance).sum())))


def likelihood_ratio(found: Reconciled, signatures: sp.csc_array) -> Likelihood:
    """The likelihood ratio of each signature (k, h): what one unit of an error adds to the imbalances.

    S. Narasimhan, R. S. H. Mah, AIChE J. 33 (1987) 1514-1521. Errors that leave no trace have NaN throughout.
    """
    return ratio(signatures.T @ found.pull, found.information(signatures))


def ratio(product: Floats, information: Floats) -> Likelihood:
    """The likelihood ratio from ``f @ pull`` and ``f @ covariance⁻¹ @ f``."""
    known = np.where(information > 0, information, np.nan)
    return Likelihood(product / known, 1.0 / np.sqrt(known), product**2 / known)
