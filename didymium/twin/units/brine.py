"""Waste waters and brines: what is in them, and what follows from it (domain reference §10.2, §10.3).

A water is an array of five masses, t: its water and its ions Na⁺, NH4⁺, Cl⁻ and SO4²⁻, in this order. A cubic metre is
booked as a tonne, as the reference does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numba import njit

from didymium.twin.bank import Floats
from didymium.twin.ledger import CHLORIDE, MASS, REO, SALT, SULPHATE, WATER, Ledger
from didymium.twin.unit_type import Surroundings

WATER_AT: Final = 0
SODIUM_AT: Final = 1
AMMONIUM_AT: Final = 2
CHLORIDE_AT: Final = 3
SULPHATE_AT: Final = 4
PARTS: Final = 5

SLOW_S: Final = 10
"""Tanks, evaporators and crystallisers are slow, §19.5: they are stepped in every tenth second."""
N_PER_NH4: Final = 14.007 / 18.038
"""Nitrogen in ammonium, t/t."""
OSMOTIC_BAR_G_L: Final = 0.55
"""Of a mixed Na2SO4/NaCl/NH4Cl stream, §10.3. (A)"""
MS_CM_G_L: Final = 1.2862
"""Conductivity at 50 g/L that makes the three inlets' 58, 71 and 66 mS/cm bring 26.0 t/d of salt."""
CATIONS: Final = "dissolved rare earth"
"""What the rare earth in a waste water weighs; the water is booked as water and salt."""
SULPHATE_SHARE: Final = 4.0 / 26.0
"""Of the salt in the waste water. (A)"""


def waste_water(salt_g_l: float, nitrogen_g_l: float, sulphate_share: float = SULPHATE_SHARE) -> Floats:
    """(5,) one tonne of water with so much salt and ammonia nitrogen; sodium and chloride balance the charges."""
    salt, ammonium = salt_g_l / 1000.0, nitrogen_g_l / 1000.0 / N_PER_NH4
    sulphate = sulphate_share * salt
    charge = ammonium / 18.038 - sulphate / 48.03
    rest = salt - ammonium - sulphate
    sodium = (rest / 35.45 - charge) / (1.0 / 22.99 + 1.0 / 35.45)
    return np.array([1.0 - salt, sodium, ammonium, rest - sodium, sulphate])


@njit(cache=True, inline="always")
def mass_t(content: Floats) -> float:
    """All of a water, t."""
    return content[0] + content[1] + content[2] + content[3] + content[4]


@njit(cache=True, inline="always")
def salt_t(content: Floats) -> float:
    """The four ions, t."""
    return content[1] + content[2] + content[3] + content[4]


@njit(cache=True, inline="always")
def move(source: Floats, target: Floats, tonnes: float) -> float:
    """Move so much of a mixed water from one place to another, at most all of it; return what moved, t."""
    there = source[0] + source[1] + source[2] + source[3] + source[4]
    share = 0.0 if there <= 0.0 else min(1.0, max(0.0, tonnes / there))
    for k in range(len(source)):
        moved = share * source[k]
        source[k] -= moved
        target[k] += moved
    return share * there


@njit(cache=True, inline="always")
def salt_g_l(content: Floats) -> float:
    """Salt in a water, g/L."""
    there = content[0] + content[1] + content[2] + content[3] + content[4]
    return 0.0 if there <= 0.0 else 1000.0 * (there - content[0]) / there


@njit(cache=True, inline="always")
def room(level: float) -> float:
    """Share of its usual flow that a vessel still takes: all up to 85 % of its volume, none from 92 % on."""
    return min(1.0, max(0.0, (0.92 - level) / 0.07))


def conductivity_ms_cm(g_l: Floats | float) -> Floats:
    """Conductivity at 25 °C; it falls behind the concentration as that grows. (A)"""
    return np.asarray(MS_CM_G_L * g_l * (1.0 - 0.0005 * (g_l - 50.0)))


class Border:
    """Books a water or salt that leaves one place for another, as each kind that the ledger knows of it."""

    def __init__(self, ledger: Ledger, source: str, target: str, goods: str) -> None:
        kinds = (MASS, WATER, SALT, CHLORIDE, SULPHATE)
        self._mass, self._water, self._salt, self._chloride, self._sulphate = (
            ledger.stream(kind, source, target, goods) for kind in kinds
        )

    def add(self, content: Floats) -> None:
        """(5,) masses that cross, t."""
        self._mass.add(float(mass_t(content)))
        self.compose(content)

    def compose(self, content: Floats) -> None:
        """What (5,) a mass is made of that its sender has booked."""
        water, sodium, ammonium, chloride, sulphate = content.tolist()
        salt = sodium + ammonium + chloride + sulphate
        self._water.add(water)
        self._salt.add(salt)
        self._chloride.add(chloride)
        self._sulphate.add(sulphate)


class Sludge:
    """Rare earth in the water that comes from a workshop: it falls out where the water is softened, and is thrown away.

    ``goods`` is the water that it comes with, as oxide; what it weighs is booked beside that.
    """

    def __init__(self, ledger: Ledger, source: str, site: str, goods: str) -> None:
        self._came = ledger.stream(REO, source, site, goods), ledger.stream(MASS, source, site, CATIONS)
        self._thrown = tuple(ledger.stream(kind, site, "RESIDUE", "sludge") for kind in (REO, MASS))
        self._seen = [came.amount for came in self._came]
        ledger.hold(REO, site, lambda: self._came[0].amount - self._seen[0])
        ledger.hold(MASS, site, lambda: self._came[1].amount - self._seen[1])

    def settle(self) -> None:
        """Throw away what has come since the last time."""
        for i, (came, thrown) in enumerate(zip(self._came, self._thrown, strict=True)):
            amount = came.amount
            if amount != self._seen[i]:
                thrown.add(amount - self._seen[i])
                self._seen[i] = amount


class Onward:
    """What a unit gives to the next one, which takes it in the same second; the site's, where there is no next."""

    def __init__(self, around: Surroundings, site: str, template: str, target: str, goods: str) -> None:
        self.content: Floats = np.zeros(PARTS)
        next_one = around.bank(template)
        self.leaves = next_one is None or not len(next_one.at_site(site))
        self._border = Border(around.ledger, site, target, goods) if self.leaves else None

    def settle(self) -> None:
        """Let go of what no unit is there to take."""
        if self._border is not None:
            self._border.add(self.content)
            self.content[:] = 0.0


def hold(ledger: Ledger, site: str, content: Floats, rows: Sequence[int] | None = None) -> None:
    """Let the ledger count what is in the vessels of a site: (5,) of one, or those rows of (n, 5), all unless said."""
    table = content.reshape(-1, PARTS)
    chosen = np.arange(len(table)) if rows is None else np.array(rows, np.intp)
    ledger.hold(MASS, site, lambda: float(table[chosen].sum()))
    ledger.hold(WATER, site, lambda: float(table[chosen, WATER_AT].sum()))
    ledger.hold(SALT, site, lambda: float(table[chosen, SODIUM_AT:].sum()))
    ledger.hold(CHLORIDE, site, lambda: float(table[chosen, CHLORIDE_AT].sum()))
    ledger.hold(SULPHATE, site, lambda: float(table[chosen, SULPHATE_AT].sum()))
