"""Adjusts measured flows by least squares so that they close every balance, with what is then known of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import scipy.sparse as sp

from didymium.balance.errors import BadMeter, UnequalMeters
from didymium.balance.ldl import Factor, Inverse, Singular
from didymium.balance.network import Floats
from didymium.balance.reduction import Reduction

ROUNDING: Final = 1e-13
"""Where good and poor meters leave less of a pivot than this, it is rounding."""
STEPS: Final = 4
"""Steps to closed balances: where meters are a million times apart each takes away four digits of what is left."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What meters and balances say together.

    Of streams, (n,): ``value`` closes the balances, ``sigma`` is its standard deviation, both NaN where nothing says
    what a stream is; ``adjustment`` is value less reading, 0 where no balance corrects it, with its standard deviation
    ``adjustment_sigma`` if only random errors are at work. Of balances between meters, (k,): ``imbalance`` of the
    readings, its ``imbalance_sigma``, and ``pull``, the imbalances weighted by the inverse of their covariance.
    ``objective`` is the sum of squared adjustments in standard deviations, with ``reduction.degrees`` of freedom.
    """

    reduction: Reduction
    reading: Floats
    reading_sigma: Floats
    value: Floats
    sigma: Floats
    adjustment: Floats
    adjustment_sigma: Floats
    imbalance: Floats
    imbalance_sigma: Floats
    pull: Floats
    objective: float
    factor: Factor
    inverse: Inverse

    def information(self, signatures: sp.csc_array) -> Floats:
        """``f @ covariance of imbalances⁻¹ @ f`` of each column f of ``signatures`` (k, h)."""
        found = self.inverse.quadratic(signatures)
        unknown = np.flatnonzero(np.isnan(found))
        if len(unknown):
            found[unknown] = self.factor.quadratic(signatures[:, unknown])
        return found


def reconcile(reduction: Reduction, reading: Floats, sigma: Floats) -> Reconciled:
    """Return the least-squares flows that satisfy the balances.

    Each flow moves in proportion to its variance, so a good meter moves little. The same input gives the same bits.

    Parameters
    ----------
    reading : (n,) measured flows, in one unit; what stands at streams without a meter is not looked at
    sigma : (n,) standard deviation of each reading, > 0

    Raises
    ------
    BadMeter
        At a reading that is no number or a standard deviation that is not above 0.
    UnequalMeters
        If the standard deviations differ so much that double precision cannot hold both.
    """
    _check(reduction, reading, sigma)
    matrix = reduction.matrix
    variance = np.where(reduction.measured, sigma, 0.0) ** 2
    flow = np.where(reduction.measured, reading, 0.0)
    covariance = sp.csc_array((matrix * variance) @ matrix.T)
    try:
        factor = reduction.pattern.factorise(covariance, ROUNDING)
    except Singular as singular:
        raise UnequalMeters(reduction.sources(singular.row)) from singular
    imbalance = matrix @ flow - reduction.constants
    pull, adjustment, left = np.zeros(len(imbalance)), np.zeros(len(flow)), imbalance
    for _ in range(STEPS):
        step = factor.solve(left)
        pull += step
        adjustment -= variance * (matrix.T @ step)
        left = matrix @ (flow + adjustment) - reduction.constants
    inverse = factor.inverse()
    nothing = np.zeros(len(flow))
    found = Reconciled(
        reduction=reduction,
        reading=reading,
        reading_sigma=sigma,
        value=flow + adjustment,
        sigma=nothing,
        adjustment=adjustment,
        adjustment_sigma=nothing,
        imbalance=imbalance,
        imbalance_sigma=np.sqrt(covariance.diagonal()),
        pull=pull,
        objective=float((imbalance * pull).sum()),
        factor=factor,
        inverse=inverse,
    )
    return _spread(found, variance)


def _check(reduction: Reduction, reading: Floats, sigma: Floats) -> None:
    shape = reduction.measured.shape
    if reading.shape != shape or sigma.shape != shape:
        raise ValueError(f"{shape[0]} streams, {reading.shape} readings, {sigma.shape} standard deviations")
    good = np.isfinite(reading) & np.isfinite(sigma) & (sigma > 0)
    bad = np.flatnonzero(reduction.measured & ~good)
    if len(bad):
        raise BadMeter(int(bad[0]), float(reading[bad[0]]), float(sigma[bad[0]]))


def _spread(found: Reconciled, variance: Floats) -> Reconciled:
    """The same with standard deviations, and with what follows for streams without a meter."""
    reduction = found.reduction
    moved = variance**2 * found.information(sp.csc_array(reduction.matrix))
    left = np.maximum(variance - moved, 0.0)
    value = np.where(reduction.measured, found.value, np.nan)
    rows = reduction.reckon
    if len(reduction.observable):
        seen = sp.csr_array(reduction.balances.matrix * reduction.measured.astype(np.float64))
        lacking = reduction.balances.constants - seen @ found.value
        value[reduction.observable] = rows @ lacking
        weights = sp.csr_array(rows @ seen)
        known = sp.csc_array(reduction.matrix @ (weights * variance).T)
        random = weights.multiply(weights) @ variance
        left[reduction.observable] = np.maximum(random - found.information(known), 0.0)
    return replace(
        found,
        value=value,
        sigma=np.where(np.isnan(value), np.nan, np.sqrt(left)),
        adjustment=np.where(reduction.measured, found.adjustment, np.nan),
        adjustment_sigma=np.where(reduction.measured, np.sqrt(moved), np.nan),
    )
