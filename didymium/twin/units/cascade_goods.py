"""The rare earth in a site's extraction cascades and behind them, by group of elements (domain reference §13, §16).

Groups are La, Ce, PrNd and SEG with the heavy ones. The stages hold two to ten days of feed, which they give on as
mixed vessels do, ``dh/dt = feed - h / lag``; each group goes into the tank of its product. All solution of the site, at
the strength of its feed, follows the rare earth in it: water is added where the products are thinner than the feed,
and what solidified rare earth leaves behind goes with the salt water. Units: t, rare earth as oxide; s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from didymium.twin.bank import Floats
from didymium.twin.units.leach import chloride_t_m3

LA, CE, PRND, SEG = range(4)
GROUPS: Final = 4
ORE: Final = np.array([77.0, 148.0, 59.9, 7.3]) / 292.2
"""Shares of the groups in what is separated, §16."""
SCRAP: Final = np.array([0.0, 0.0, 0.90, 0.10])
"""Shares in magnet scrap: 90 % PrNd, §16."""
LIGHT: Final = slice(LA, CE + 1)


@dataclass(slots=True)
class CascadeGoods:
    """``stages`` and ``tanks`` (4,) are t REO of each group, ``solution_t`` all solution; feed has ``t_reo_m3``."""

    lag_s: float
    t_reo_m3: float
    stages: Floats
    tanks: Floats
    solution_t: float = field(init=False)

    def __post_init__(self) -> None:
        self.solution_t = self.wanted_t

    @property
    def reo_t(self) -> float:
        return float(self.stages.sum() + self.tanks.sum())

    @property
    def wanted_t(self) -> float:
        """Solution that the rare earth has at the feed's strength."""
        return self.reo_t / self.t_reo_m3 * chloride_t_m3(self.t_reo_m3)

    def top_up(self) -> float:
        """Bring the solution to what it should be; what was added, t, negative where some had to go."""
        added_t = self.wanted_t - self.solution_t
        self.solution_t += added_t
        return added_t


def running(feed_t_d: Floats, lag_s: float, t_reo_m3: float, tanks: Floats) -> CascadeGoods:
    """Cascades that have long been fed with (4,) so much of each group."""
    return CascadeGoods(lag_s, t_reo_m3, feed_t_d * lag_s / 86_400.0, tanks.copy())


def step_goods(goods: CascadeGoods, fed: Floats, fed_t: float, dt_s: float) -> None:
    """Feed (4,) rare earth in ``fed_t`` of solution, and let the stages give on for ``dt_s``; exact for any step.

    Raises ``ValueError`` for a step that is not positive.
    """
    if not dt_s > 0.0:
        raise ValueError(f"cascades advance by more than 0 s a step, not by {dt_s:g}")
    passed = goods.stages * -np.expm1(-dt_s / goods.lag_s)
    goods.stages += fed - passed
    goods.tanks += passed
    goods.solution_t += fed_t


def draw(goods: CascadeGoods, which: slice, wanted_t: float) -> Floats:
    """Take so much rare earth of some groups out of their tanks, as they stand to each other, at most all; (4,) t."""
    there = float(goods.tanks[which].sum())
    taken = np.zeros(GROUPS)
    if there > 0.0:
        taken[which] = min(1.0, max(0.0, wanted_t) / there) * goods.tanks[which]
        goods.tanks -= taken
    return taken


def solution_t(reo_t: float, t_reo_m3: float) -> float:
    """Chloride solution of a strength that has so much rare earth."""
    return reo_t / t_reo_m3 * chloride_t_m3(t_reo_m3)
