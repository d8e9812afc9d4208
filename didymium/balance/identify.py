"""Names the gross errors behind an imbalance, how large they are, and what else would look the same.

Errors are allowed for one after another, each time all of them are estimated again together: serial compensation
(S. Narasimhan, R. S. H. Mah, AIChE J. 33 (1987) 1514-1521) with the unbiased joint estimates of D. K. Rollins, J. F.
Davis, AIChE J. 38 (1992) 563-572. A meter whose bias is unknown says nothing, and a node with an unknown leak has a
stream without a meter, so with biases alone this is serial elimination of meters (R. W. Serth, W. A. Heenan, AIChE J.
32 (1986) 733-742) with the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import chdtrc

from didymium.balance.hypotheses import Candidates, Hypothesis, Kind, equal_classes
from didymium.balance.network import Flags, Floats, Ints
from didymium.balance.reconcile import Reconciled
from didymium.balance.suspicion import Likelihood, ratio, two_sided_limit

SAME: Final = 1e-8
"""Traces whose squared correlation is this close to 1 are equal, and shares of information below this are none."""
RIVAL: Final = 2 * math.log(20)
"""What raises the objective by less than this explains the readings at least a twentieth as well."""
WHOLE_SWAP_SIGMAS: Final = 3.0


@dataclass(frozen=True, slots=True)
class GrossError:
    """One error that was found, with its ``estimate`` and the standard deviation of that.

    ``statistic`` is by how much the objective would rise without it. ``same`` would, in its place, leave the same
    imbalances to the last digit: balances can never tell them apart. ``rivals`` explain these readings nearly as well.
    """

    hypothesis: Hypothesis
    estimate: float
    sigma: float
    statistic: float
    same: tuple[Hypothesis, ...]
    rivals: tuple[Hypothesis, ...]


@dataclass(frozen=True, slots=True)
class Identified:
    """The errors in the order in which they were found, and how well the rest agrees: χ² with its ``chance``.

    ``limit`` is what a single error must show, in standard deviations, for the level of all candidates together.
    """

    errors: tuple[GrossError, ...]
    objective: float
    degrees: int
    chance: float
    limit: float


def identify(found: Reconciled, candidates: Candidates, level: float, most: int) -> Identified:
    """Name at most ``most`` errors among the candidates, at a chance of ``level`` of naming any without cause.

    Of errors that balances can never tell apart the first among the candidates is named, and the others are told as
    the ``same``: their order says what is likelier where nothing else does. A swap counts only where all of it fits.
    """
    search = _Search(found, candidates)
    limit = two_sided_limit(level, len(np.unique(search.classes[search.classes >= 0])))
    chosen: list[int] = []
    for _ in range(min(most, found.reduction.degrees)):
        best, statistic = search.best(chosen)
        if not statistic > limit**2:
            break
        chosen = search.exchanged([*chosen, best])
    while chosen:
        joint = search.joint(chosen)
        weakest = int(np.argmin(joint.statistic))
        if joint.statistic[weakest] > limit**2:
            break
        del chosen[weakest]
    return search.told(chosen, limit)


class _Search:
    """The candidates over one reconciliation, and what each would explain beside others."""

    def __init__(self, found: Reconciled, candidates: Candidates) -> None:
        self.found = found
        self.candidates = candidates
        self.classes = equal_classes(candidates)
        self.product: Floats = candidates.signatures.T @ found.pull
        self.information = found.information(candidates.signatures)
        self.swap: Flags = candidates.kind == Kind.SWAP
        self._solved: dict[int, Floats] = {}

    def best(self, chosen: Sequence[int]) -> tuple[int, float]:
        """The candidate that explains most beside the chosen ones; the first of those that explain as much."""
        statistic = self.beside(chosen).statistic
        if not np.isfinite(statistic).any():
            return -1, 0.0
        most = float(np.nanmax(statistic))
        return int(np.flatnonzero(statistic >= most * (1 - SAME))[0]), most

    def beside(self, chosen: Sequence[int]) -> Likelihood:
        """The likelihood ratio of every candidate when the chosen ones are allowed for; NaN where nothing is left."""
        product, information = self.product, self.information
        if chosen:
            across = self._across(chosen)
            own = across[list(chosen)]
            product = product - across @ np.linalg.solve(own, self.product[list(chosen)])
            information = information - (across * np.linalg.solve(own, across.T).T).sum(axis=1)
        information = np.where(information > SAME * self.information, information, np.nan)
        ratios = ratio(product, information)
        partly = self.swap & ~(abs(ratios.estimate - 1) <= WHOLE_SWAP_SIGMAS * ratios.sigma)
        return Likelihood(ratios.estimate, ratios.sigma, np.where(partly, np.nan, ratios.statistic))

    def exchanged(self, chosen: list[int]) -> list[int]:
        """The same number of errors, each in turn replaced by what explains more in its place, until none does."""
        for _ in range(4 * len(chosen)):
            for place in range(len(chosen) - 1):
                others = chosen[:place] + chosen[place + 1 :]
                best, statistic = self.best(others)
                if statistic > self.beside(others).statistic[chosen[place]] * (1 + SAME):
                    chosen = [*others, best]
                    break
            else:
                return chosen
        return chosen

    def joint(self, chosen: Sequence[int]) -> Likelihood:
        """Estimates of the chosen errors together."""
        rows = list(chosen)
        spread = np.linalg.inv(self._across(chosen)[rows])
        estimate = spread @ self.product[rows]
        sigma = np.sqrt(np.diag(spread))
        return Likelihood(estimate, sigma, (estimate / sigma) ** 2)

    def told(self, chosen: list[int], limit: float) -> Identified:
        """The chosen errors with all that is to be said of them."""
        joint = self.joint(chosen) if chosen else None
        errors = []
        explained = 0.0
        for place, row in enumerate(chosen):
            assert joint is not None
            others = chosen[:place] + chosen[place + 1 :]
            same, rivals = self._likes(row, others)
            explained += float(joint.estimate[place] * self.product[row])
            errors.append(
                GrossError(
                    self.candidates[row],
                    float(joint.estimate[place]),
                    float(joint.sigma[place]),
                    float(joint.statistic[place]),
                    tuple(self.candidates[int(each)] for each in same),
                    tuple(self.candidates[int(each)] for each in rivals),
                )
            )
        objective = max(self.found.objective - explained, 0.0)
        degrees = self.found.reduction.degrees - len(chosen)
        chance = float(chdtrc(degrees, objective)) if degrees > 0 else 1.0
        return Identified(tuple(errors), objective, degrees, chance, limit)

    def _likes(self, row: int, others: Sequence[int]) -> tuple[Ints, Ints]:
        """Candidates equal to one beside the others, and those that explain nearly as much in its place."""
        ratios = self.beside(others)
        shared = self._across([row])[:, 0]
        if others:
            across = self._across(others)
            shared = shared - across @ np.linalg.solve(across[list(others)], across[row])
        information = 1.0 / ratios.sigma**2
        with np.errstate(invalid="ignore"):
            same = shared**2 >= (1 - SAME) * information * information[row]
            rival = (ratios.statistic > ratios.statistic[row] - RIVAL) & ~same
        same[row] = False
        return np.flatnonzero(same & np.isfinite(ratios.statistic)), np.flatnonzero(rival)

    def _across(self, chosen: Sequence[int]) -> Floats:
        """``f @ covariance⁻¹ @ g`` of every candidate f and the chosen ones g, (h, s)."""
        for row in chosen:
            if row not in self._solved:
                column = self.candidates.signatures[:, [row]].toarray()[:, 0]
                self._solved[row] = self.candidates.signatures.T @ self.found.factor.solve(column)
        return np.stack([self._solved[row] for row in chosen], axis=1)
