"""Reconciles readings that products and curves bind: component flows F·c, energy flows F·h(T).

By successive linearisation: the constraints are replaced by their tangents at the last point, and the readings (not
the last point) are adjusted to these. Where that comes to rest the constraints hold and the adjustments are stationary
(D. G. Knepper, J. W. Gorman, AIChE J. 26 (1980) 260-264; C. C. D. Pai, G. D. Fisher, AIChE J. 34 (1988) 873-876).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import scipy.sparse as sp

from didymium.balance.errors import NotConverged
from didymium.balance.network import Balances, Flags, Floats, Ints
from didymium.balance.reconcile import Reconciled, reconcile
from didymium.balance.reduction import reduce_balances

STEP: Final = 1e-10
"""At rest: no variable moves by more than this share of itself."""


class Constraints(Protocol):
    """What must be nothing at the variables (n,): values (m,) and their derivatives (m, n)."""

    def left(self, at: Floats) -> Floats: ...

    def slopes(self, at: Floats) -> sp.csr_array: ...


@dataclass(frozen=True, slots=True)
class Linear:
    """Balances that are linear already."""

    balances: Balances

    def left(self, at: Floats) -> Floats:
        return self.balances.imbalance(at)

    def slopes(self, at: Floats) -> sp.csr_array:
        return self.balances.matrix


@dataclass(frozen=True, slots=True)
class Carried:
    """Balances of what streams carry: ``incidence`` (m, s) times flow times content.

    ``flow`` and ``content`` (s,) say which variables are the streams' flows and what they carry a unit (a mass
    fraction, a temperature). ``curve`` (s, d) are coefficients of rising powers of the content: ``[[0, 1]]`` for a
    component, specific enthalpy over temperature for energy.
    """

    incidence: sp.csr_array
    flow: Ints
    content: Ints
    curve: Floats

    def left(self, at: Floats) -> Floats:
        carried: Floats = self.incidence @ (at[self.flow] * self._specific(at[self.content]))
        return carried

    def slopes(self, at: Floats) -> sp.csr_array:
        flow, content = at[self.flow], at[self.content]
        powers = np.arange(1, self.curve.shape[1])
        steep = (self.curve[:, 1:] * powers * content[:, None] ** (powers - 1)).sum(axis=1)
        return _spread(self.incidence * self._specific(content), self.flow, len(at)) + _spread(
            self.incidence * (flow * steep), self.content, len(at)
        )

    def _specific(self, content: Floats) -> Floats:
        return (self.curve * content[:, None] ** np.arange(self.curve.shape[1])).sum(axis=1)


@dataclass(frozen=True, slots=True)
class Together:
    """Several constraints at once, over the same variables."""

    parts: Sequence[Constraints]

    def left(self, at: Floats) -> Floats:
        return np.concatenate([part.left(at) for part in self.parts])

    def slopes(self, at: Floats) -> sp.csr_array:
        return sp.csr_array(sp.vstack([part.slopes(at) for part in self.parts], format="csr"))


@dataclass(frozen=True, slots=True)
class Rest:
    """Where the linearisation came to rest: the last linear reconciliation, with what all tests need.

    ``residual`` is the largest constraint that is left, as a share of the terms in it.
    """

    reconciled: Reconciled
    iterations: int
    residual: float


def reconcile_linearised(
    constraints: Constraints, reading: Floats, sigma: Floats, measured: Flags, start: Floats, most: int
) -> Rest:
    """Adjust readings (n,) by least squares so that the constraints hold; ``start`` (n,) is the first point.

    Raises ``NotConverged`` when it has not come to rest after ``most`` iterations or runs away. A variable that nothing
    determines keeps its value of ``start``.
    """
    at = np.array(start, np.float64)
    step = residual = np.inf
    for iteration in range(1, most + 1):
        slopes = constraints.slopes(at)
        tangent = Balances.of(slopes, slopes @ at - constraints.left(at))
        if not np.isfinite(tangent.constants).all():
            raise NotConverged(iteration, step, residual)
        found = reconcile(reduce_balances(tangent, measured), reading, sigma)
        new = np.where(np.isnan(found.value), at, found.value)
        step = float((abs(new - at) / (abs(new) + np.where(measured, sigma, 0.0) + np.finfo(float).tiny)).max())
        at = new
        terms = abs(slopes) @ abs(at) + abs(tangent.constants)
        residual = float((abs(constraints.left(at)) / np.maximum(terms, np.finfo(float).tiny)).max())
        if step < STEP:
            return Rest(found, iteration, residual)
    raise NotConverged(most, step, residual)


def _spread(matrix: sp.csr_array, columns: Ints, width: int) -> sp.csr_array:
    """The same columns at their places among ``width``; columns that stand for the same variable add up."""
    placed = matrix.tocoo()
    return sp.csr_array(sp.coo_array((placed.data, (placed.row, columns[placed.col])), shape=(matrix.shape[0], width)))
