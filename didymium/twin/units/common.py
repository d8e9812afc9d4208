"""The common block of every site: power, water, air, PLC health and auxiliary motors (domain reference §2.1, §15)."""

from __future__ import annotations

from typing import Final

import numpy as np

from didymium.twin.bank import Bank
from didymium.twin.ledger import POWER
from didymium.twin.point import EXACT, Point
from didymium.twin.sequence import Timetable
from didymium.twin.unit_type import Model, Surroundings, UnitType
from didymium.twin.units.cell import ElectrolysisCells
from didymium.twin.units.rectifier import Rectifiers
from didymium.twin.units.strip_caster import MEAN_MF_KW
from didymium.twin.units.weather import ambient_c

POWER_KW: Final = {
    "S01": 560.0,
    "S02": 240.0,
    "S03": 10_370.0,
    "S04": 3_300.0,
    "S05": 14_000.0,
    "S06": 460.0,
    "S07": 210.0,
    "S08": 540.0,
    "S09": 85.0,
    "S10": 7_740.0,
    "S11": 290.0,
    "S12": 1_360.0,
    "S13": 430.0,
    "S14": 2_900.0,
    "S15": 2_300.0,
    "S16": 480.0,
    "S17": 1_250.0,
    "S18": 900.0,
    "S19": 4_500.0,
    "S20": 280.0,
    "S21": 380.0,
    "S22": 820.0,
    "S23": 1_900.0,
    "S24": 45.0,
}
"""Mean load of each site, kW: S03, S04 and S10 what their cells come to, the rest from their specific energies. (A)"""
SERVICES_KWH_KG: Final = 0.9
"""Fume trains, cooling and baking of an electrolysis site per kg of its usual metal, beside the rectifiers. (A)"""

SUPPLY: Final = "S23"
"""The site whose substation the others hang on."""


class CommonBlocks:
    """Power of a site follows its rectifiers or furnaces where it has them; energy is its integral.

    The blocks differ in their number of auxiliaries and so stand in several banks; one model steps them all.
    """

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._place = {name: np.empty(0, np.intp) for name in ("KW", "KWH", "PLC_HB", "AMB_T")}
        self._mean_kw, self._sway, self._kwh = np.empty(0), np.empty(0), np.empty(0)
        self._sources: list[tuple[int, _Electrolysis | _Melting]] = []
        self.total_kw = 0.0

    def add(self, bank: Bank) -> None:
        """Take in the blocks of one more bank."""
        around = self._around
        if bank.has("AUX[]"):
            rng = np.random.default_rng([around.seed, bank.first, 1])
            aux = bank.aim("AUX[]")
            amps = np.round(rng.lognormal(2.2, 0.6, aux.shape).clip(1.0, 62.0), 1)
            aux[:] = np.where(rng.random(aux.shape) < 0.8, amps, 0.0)
        for name, place in self._place.items():
            self._place[name] = np.concatenate([place, bank.places(name)])
        for unit in bank.units:
            source = _source(unit.site, around)
            if source is not None:
                self._sources.append((len(self._mean_kw), source))
            mean_kw = POWER_KW.get(unit.site, 300.0)
            self._mean_kw = np.append(self._mean_kw, mean_kw)
            self._sway = np.append(self._sway, 0.7 * len(self._sway))
            self._kwh = np.append(self._kwh, mean_kw * around.totalised_s / 3600.0)
            self._book(len(self._kwh) - 1, unit.site)
        self.step(around.second)
        self._around.value[self._place["KWH"]] = self._kwh
        bank.value[:] = bank.target

    def _book(self, block: int, site: str) -> None:
        """The site draws what its meter counts from the supplying site, which draws all of it from the grid."""
        counted = self._around.ledger.counted
        self._around.ledger.hold(POWER, site, lambda: 0.0)
        counted(POWER, site, "USE", "electricity", lambda: float(self._kwh[block]) / 1000.0)
        if site != SUPPLY:
            counted(POWER, SUPPLY, site, "electricity", lambda: float(self._kwh[block]) / 1000.0)
        else:
            counted(POWER, "GRID", SUPPLY, "electricity", lambda: float(self._kwh.sum()) / 1000.0)

    def step(self, second: int) -> None:
        """Meter, beat, and report the weather."""
        target = self._around.target
        sway = 1.0 + 0.02 * np.sin(second / 700.0 + self._sway) + 0.008 * np.sin(second / 61.0 + 2.0 * self._sway)
        power = self._mean_kw * sway
        for i, source in self._sources:
            power[i] = source()
        self._kwh += power / 3600.0
        target[self._place["KW"]] = power
        target[self._place["KWH"]] = self._kwh
        target[self._place["PLC_HB"]] = second % 65_536
        target[self._place["AMB_T"]] = ambient_c(second)
        self.total_kw = float(power.sum())


class Joined:
    """A bank that another bank's model steps, or that has not the tags of a common block."""

    def step(self, second: int) -> None:
        """Do nothing."""


def _common(bank: Bank, timetable: Timetable | None, around: Surroundings) -> CommonBlocks | Joined:
    if not all(bank.has(name) for name in ("KW", "KWH", "PLC_HB", "AMB_T")):
        return Joined()
    known = around.models.get("COM")
    blocks = known if isinstance(known, CommonBlocks) else CommonBlocks(around)
    blocks.add(bank)
    return Joined() if blocks is known else blocks


class _Electrolysis:
    """Rectifiers of a site plus its fume fans, cooling and baking."""

    def __init__(self, rectifiers: Rectifiers, cells: Model | None, site: str) -> None:
        self._rectifiers = rectifiers
        self._cabinets = rectifiers.bank.at_site(site)
        self._services_kw = POWER_KW[site]
        if isinstance(cells, ElectrolysisCells):
            self._services_kw = SERVICES_KWH_KG * float(cells.usual_kg_h[cells.bank.at_site(site)].sum())

    def __call__(self) -> float:
        return float(self._rectifiers.kw[self._cabinets].sum()) + self._services_kw


class _Melting:
    """Furnace power supplies of a site plus vacuum, chillers and wheels."""

    def __init__(self, bank: Bank, site: str) -> None:
        self._power = bank.now("MF_KW")
        self._furnaces = bank.at_site(site)
        self._services_kw = POWER_KW[site] - MEAN_MF_KW * len(self._furnaces)

    def __call__(self) -> float:
        return float(self._power[self._furnaces].sum()) + self._services_kw


def _source(site: str, around: Surroundings) -> _Electrolysis | _Melting | None:
    rectifiers = around.models.get("T_RECT")
    if isinstance(rectifiers, Rectifiers) and site in POWER_KW and len(rectifiers.bank.at_site(site)):
        return _Electrolysis(rectifiers, around.models.get("T_CELL"), site)
    casters = around.bank("T_SC")
    if casters is not None and site in POWER_KW and len(casters.at_site(site)):
        return _Melting(casters, site)
    return None


COMMON: Final = UnitType(
    points={
        "KW": Point(300.0, 0.0, 0.0, 0.0, 0.0),
        "WATER_F": Point(24.0, 0.6, 0.15, 3.0),
        "N2AR_P": Point(0.68, 0.006, 0.001, 0.01),
        "CWS_T": Point(22.5, 0.4, 0.05, 0.5),
        "PLC_LOAD": Point(38.0, 2.0, 1.0, 4.0),
        "LINK_Q": Point(99.6, 0.1, 0.1, 0.0),
        "AMB_T": Point(10.0, 0.1, 0.05, 0.3, 0.0),
        "PLC_HB": EXACT,
        "AUX[]": Point(10.0, 0.08, 0.04, 0.0),
    },
    model=_common,
)
