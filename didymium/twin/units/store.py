"""Goods in a bin, a yard or a tank: so many tonnes, well mixed, with the rare earth in them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Store:
    """What lies there, t, and the rare earth in it as oxide, t."""

    t: float = 0.0
    reo_t: float = 0.0

    def put(self, t: float, reo_t: float) -> None:
        """Add goods."""
        self.t += t
        self.reo_t += reo_t

    def take(self, wanted_t: float) -> tuple[float, float]:
        """Take what is wanted, at most what is there; its tonnes and the rare earth in them."""
        if wanted_t >= self.t:
            t, reo_t = self.t, self.reo_t
            self.t = self.reo_t = 0.0
            return t, reo_t
        t = max(0.0, wanted_t)
        reo_t = self.reo_t * t / self.t if t > 0.0 else 0.0
        self.t -= t
        self.reo_t -= reo_t
        return t, reo_t
