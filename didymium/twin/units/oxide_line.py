"""From slurry to bagged oxide: filter, wash, calcine, and the tanks for liquor and water (domain reference §3.1, §4.1).

    cake moisture w = 0.10 + 0.10 (20 µm / d50)        wash water 4.6 m³ per t of cake
    RE2(CO3)3·8H2O -> RE2O3 + 3 CO2 + 8 H2O            55.2 t of oxide from 100 t of crystals

Each vessel is mixed. The filters keep the slurry tank at its level, the calciner passes a cake on after a mean of two
and a half hours. Units: t, kmol of rare earth, µm, s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from didymium.twin.units.mother_liquor import Dissolved
from didymium.twin.units.reactor_physics import CRYSTAL_KG_KMOL, OXIDE_KG_KMOL, Amounts

WASH_T_T: Final = 4.6
"""Wash water, t per t of cake. (A)"""
CALCINER_S: Final = 9000.0
SLURRY_T_REO: Final = 12.0
"""Rare earth in the slurry tank at its level, eight hours' worth. (A)"""
SLURRY_SALT_KMOL_T: Final = 0.9
"""Ammonium chloride in the slurry's liquor in steady running, kmol/t; a twentieth of it is bicarbonate. (A)"""
SUMP_T: Final = 800.0
TANK_T: Final = 300.0
"""Mother liquor and water that the tanks are kept at. (A)"""
LONGEST_STEP_S: Final = 600.0


def moisture(d50_um: float) -> float:
    """Water in the filtered cake, kg/kg: fine crystals hold more."""
    return 0.10 + 0.10 * 20.0 / d50_um


@dataclass(slots=True)
class OxideLine:
    """What stands between the reactors and the bags."""

    slurry_liquor_t: float
    slurry_dissolved_kmol: float
    slurry_solid_kmol: float
    d50_um: float
    cake_t: float
    cake_kmol: float
    oxide_t: float
    slurry_salt_kmol: float
    slurry_free_kmol: float

    @property
    def slurry(self) -> Dissolved:
        """What is dissolved in the slurry's liquor."""
        return Dissolved(self.slurry_dissolved_kmol, self.slurry_salt_kmol, self.slurry_free_kmol)

    @property
    def mass_t(self) -> float:
        """All that stands on the line."""
        crystals_t = 0.001 * CRYSTAL_KG_KMOL * self.slurry_solid_kmol
        return self.slurry_liquor_t + crystals_t + self.cake_t + self.oxide_t

    @property
    def reo_t(self) -> float:
        """Rare earth in it, as oxide."""
        kmol = self.slurry_dissolved_kmol + self.slurry_solid_kmol + self.cake_kmol
        return 0.001 * OXIDE_KG_KMOL * kmol + self.oxide_t


class Passed(NamedTuple):
    """What went through in a step: water in, filtrate with what is dissolved in it out, gas of the calciner out."""

    wash_t: float
    filtrate_t: float
    filtrate_kmol: float
    filtrate_salt_kmol: float
    filtrate_free_kmol: float
    gas_t: float


def running(oxide_t_d: float, oxide_t: float) -> OxideLine:
    """A line that makes ``oxide_t_d`` in steady running and has ``oxide_t`` in its bins."""
    d50_um = 23.5
    kmol_s = 1000.0 * oxide_t_d / OXIDE_KG_KMOL / 86_400.0
    cake_t_s = 0.001 * CRYSTAL_KG_KMOL * kmol_s / (1.0 - moisture(d50_um))
    solid_kmol = 1000.0 * SLURRY_T_REO / OXIDE_KG_KMOL
    return OxideLine(
        slurry_liquor_t=9.0 * SLURRY_T_REO,
        slurry_dissolved_kmol=0.0001 * solid_kmol,
        slurry_solid_kmol=solid_kmol,
        d50_um=d50_um,
        cake_t=cake_t_s * CALCINER_S,
        cake_kmol=kmol_s * CALCINER_S,
        oxide_t=oxide_t,
        slurry_salt_kmol=SLURRY_SALT_KMOL_T * 9.0 * SLURRY_T_REO,
        slurry_free_kmol=0.05 * SLURRY_SALT_KMOL_T * 9.0 * SLURRY_T_REO,
    )


def feed_slurry(
    line: OxideLine,
    liquor_t: float,
    dissolved_kmol: float,
    solid_kmol: float,
    um_kmol: float,
    salt_kmol: float = 0.0,
    free_kmol: float = 0.0,
) -> None:
    """Let slurry into its tank; ``um_kmol`` is its crystals' size times their amount."""
    held = line.slurry_solid_kmol
    line.slurry_liquor_t += liquor_t
    line.slurry_dissolved_kmol += dissolved_kmol
    line.slurry_solid_kmol += solid_kmol
    line.slurry_salt_kmol += salt_kmol
    line.slurry_free_kmol += free_kmol
    if solid_kmol > 0.0:
        line.d50_um = (line.d50_um * held + um_kmol) / line.slurry_solid_kmol


def take_slurry(line: OxideLine, moved: Amounts) -> None:
    """Let the slurry that left reactors into its tank."""
    feed_slurry(
        line,
        moved.slurry_liquor_t,
        moved.slurry_dissolved_kmol,
        moved.slurry_solid_kmol,
        moved.slurry_um_kmol,
        moved.slurry_salt_kmol,
        moved.slurry_free_kmol,
    )


def filter_cake(line: OxideLine, slurry_share: float, wash_t_t: float) -> Passed:
    """Filter a share of the slurry and wash its cake; nothing of the liquor stays in it."""
    solid_kmol = slurry_share * line.slurry_solid_kmol
    liquor_t, dissolved_kmol = slurry_share * line.slurry_liquor_t, slurry_share * line.slurry_dissolved_kmol
    salt_kmol, free_kmol = slurry_share * line.slurry_salt_kmol, slurry_share * line.slurry_free_kmol
    crystals_t = 0.001 * CRYSTAL_KG_KMOL * solid_kmol
    cake_t = crystals_t / (1.0 - moisture(line.d50_um))
    wash_t = wash_t_t * cake_t
    line.slurry_liquor_t -= liquor_t
    line.slurry_dissolved_kmol -= dissolved_kmol
    line.slurry_solid_kmol -= solid_kmol
    line.slurry_salt_kmol -= salt_kmol
    line.slurry_free_kmol -= free_kmol
    line.cake_t += cake_t
    line.cake_kmol += solid_kmol
    filtrate_t = liquor_t + crystals_t + wash_t - cake_t
    return Passed(wash_t, filtrate_t, dissolved_kmol, salt_kmol, free_kmol, 0.0)


def slurry_share(line: OxideLine, oxide_t_d: float, usual_t_reo: float, dt_s: float) -> float:
    """Share of the slurry that is filtered in a step: ``oxide_t_d`` where the tank is at its level, more where fuller.

    Raises ``ValueError`` for a step of more than 600 s, in which too much of a vessel would pass at once.
    """
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"the oxide line advances by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    full = 0.001 * OXIDE_KG_KMOL * line.slurry_solid_kmol / usual_t_reo
    return oxide_t_d / usual_t_reo * min(1.0, 1.25 / max(full, 1e-9)) * dt_s / 86_400.0


def step_line(line: OxideLine, oxide_t_d: float, dt_s: float) -> Passed:
    """Filter, wash and calcine for ``dt_s`` at the rate of ``oxide_t_d`` times how full the slurry tank is.

    Raises ``ValueError`` for a step of more than 600 s.
    """
    share = slurry_share(line, oxide_t_d, SLURRY_T_REO, dt_s)
    burnt = dt_s / CALCINER_S
    burnt_t, burnt_kmol = burnt * line.cake_t, burnt * line.cake_kmol
    line.cake_t -= burnt_t
    line.cake_kmol -= burnt_kmol
    oxide_t = 0.001 * OXIDE_KG_KMOL * burnt_kmol
    line.oxide_t += oxide_t
    return filter_cake(line, share, WASH_T_T)._replace(gas_t=burnt_t - oxide_t)
