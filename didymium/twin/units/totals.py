"""Totalisers: counters that integrate what a flow or power tag of the same unit shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from didymium.twin.bank import Bank, Floats
from didymium.twin.unit_type import Surroundings


@dataclass(frozen=True, slots=True)
class Total:
    """``counter`` grows by ``rate``, a tag or the sum of a family, times ``per_s`` every second.

    ``mean`` is the rate's long-run mean, where it differs from the present one; the counter starts with what that
    brings from the start of the month.
    """

    counter: str
    rate: str
    per_s: float = 1.0 / 3600.0
    mean: float | None = None


class Totals:
    """The totalisers of one bank."""

    def __init__(self, bank: Bank, around: Surroundings, totals: Sequence[Total]) -> None:
        self._pairs: list[tuple[Floats, Floats, float]] = []
        for total in totals:
            rate = bank.now(total.rate)
            counter = bank.aim(total.counter)
            mean = rate.reshape(len(bank), -1).sum(axis=1) if total.mean is None else total.mean
            counter[:] = mean * total.per_s * around.totalised_s
            self._pairs.append((counter, rate, total.per_s))

    def step(self, second: int) -> None:
        """Add one second's worth."""
        for counter, rate, per_s in self._pairs:
            counter += (rate if rate.ndim == 1 else rate.sum(axis=1)) * per_s
