"""Stores of an acid and reagent plant (domain reference §13, S18): bought, and taken by those who need it.

Below its usual content, less half a load, a store is unloaded into until it is as much above it, by twice what is
taken if need be: no store goes below nought.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from didymium.twin.ledger import Stream

HALF_LOAD_T: Final = 15.0
UNLOADED_T_H: Final = 60.0
"""What pumps and belts bring in, or twice what is taken out where that is more. (A)"""
SMOOTHED_S: Final = 900.0


class Store:
    """``drains`` are booked by those who take; what is bought goes through ``sources``, stream and share of each.

    ``out_t_h`` is the mean of what is taken over the last quarter of an hour.
    """

    def __init__(
        self,
        opening_t: float,
        usual_t: float,
        out_t_h: float,
        drains: Sequence[Stream],
        sources: Sequence[tuple[Stream, float]],
    ) -> None:
        self.usual_t = usual_t
        self.out_t_h = out_t_h
        self._content_t, self._counted_t, self._used_t = opening_t, 0.0, 0.0
        self._drains, self._sources = drains, sources
        self._unloading = False

    @property
    def content_t(self) -> float:
        """What is in it now, with what was taken since it was last stepped."""
        return self._content_t - (self._taken_t() - self._counted_t)

    def settle(self, dt_s: float) -> float:
        """Count what was taken in the last ``dt_s``, and answer it with what was used, t."""
        total_t = self._taken_t()
        taken_t, self._counted_t = total_t - self._counted_t, total_t
        self._content_t -= taken_t
        taken_t, self._used_t = taken_t + self._used_t, 0.0
        self.out_t_h += (taken_t * 3600.0 / dt_s - self.out_t_h) * min(1.0, dt_s / SMOOTHED_S)
        return taken_t

    def put(self, amount_t: float) -> None:
        """Let in what the plant itself makes."""
        self._content_t += amount_t

    def use(self, amount_t: float) -> None:
        """Take out what the plant itself needs."""
        self._content_t -= amount_t
        self._used_t += amount_t

    def wanted(self, taken_t: float, dt_s: float) -> float:
        """What is to come in within ``dt_s``, in which so much was taken, t."""
        if self._content_t < self.usual_t - HALF_LOAD_T:
            self._unloading = True
        elif self._content_t >= self.usual_t + HALF_LOAD_T:
            self._unloading = False
        if not self._unloading:
            return 0.0
        room_t = max(0.0, self.usual_t + HALF_LOAD_T - self._content_t)
        return min(room_t, max(UNLOADED_T_H * dt_s / 3600.0, 2.0 * taken_t))

    def buy(self, taken_t: float, dt_s: float) -> None:
        """Buy what is wanted."""
        bought_t = self.wanted(taken_t, dt_s)
        if bought_t > 0.0:
            for stream, share in self._sources:
                stream.add(share * bought_t)
            self._content_t += bought_t

    def _taken_t(self) -> float:
        return sum(stream.amount for stream in self._drains)
