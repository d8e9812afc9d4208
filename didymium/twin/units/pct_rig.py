"""A Sieverts rig that draws the pressure-composition isotherm of AB5 (domain reference §8).

    ln(P0/0.1 MPa) = −30,800/(R T) + 108/R               van 't Hoff, the middle of the plateau
    ln P = ln P0 ± hysteresis/2 + 2 slope (x − 1/2)      x = H/Hmax from 0.1 to 0.9; steep beyond
    dH/dt = k (P − Peq) (Hmax − H), or k (P − Peq) H     taking hydrogen up, or giving it off
    d(PV/RT)/dt = dose − vent − uptake/2                 reservoir, cell and sample lose no hydrogen

Units: MPa, °C, wt% hydrogen, mmol H2, cm³, s.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Bank
from didymium.twin.ledger import MASS
from didymium.twin.noise import normal
from didymium.twin.point import EXACT, Point
from didymium.twin.sequence import Step, Timetable
from didymium.twin.unit_type import Surroundings, UnitType
from didymium.twin.units.annealing import capacity_wt, slope
from didymium.twin.units.hydrogen_alloy import InductionFurnaces

Floats = NDArray[np.float64]

GAS_CONSTANT: Final = 8.314
KELVIN: Final = 273.15
SAMPLE_G: Final = 2.0
H2_G_MOL: Final = 2.016
MMOL_PER_WT: Final = 10.0 * SAMPLE_G / H2_G_MOL
"""Hydrogen in the sample for each wt%, mmol H2."""
CELL_CM3: Final = 30.0
RESERVOIR_CM3: Final = 500.0
RESERVOIR_C: Final = 25.0
FULL_MPA: Final = 0.9
FLAT_FROM, FLAT_TO = 0.1, 0.9
RISE: Final = 5.0
"""Slope of ln P beyond the plateau. (A)"""
RATE_S_MPA: Final = 0.5
DOSE_MMOL_S: Final = 21.4 / 9000.0
VENT_S: Final = 60.0
REFILL_S: Final = 300.0
EVACUATE, ABSORB, DESORB, CHANGE = range(4)
LONGEST_STEP_S: Final = 10.0
SUBSTEP_S: Final = 2.5


class Isotherms(NamedTuple):
    """(n,) columns: amounts of gas, hydrogen in the sample, what the sample is, and what was read off its curve.

    ``supplied_mmol`` and ``vented_mmol`` count what came from the bottle and what the pump took. The readings are the
    pressures at half uptake, taking up and giving off, those at a quarter and three quarters, and the most uptake.
    """

    reservoir_mmol: Floats
    cell_mmol: Floats
    sample_wt: Floats
    most_wt: Floats
    slope: Floats
    hysteresis: Floats
    supplied_mmol: Floats
    vented_mmol: Floats
    up_mpa: Floats
    down_mpa: Floats
    quarter_mpa: Floats
    three_quarters_mpa: Floats
    read_wt: Floats


def isotherms(most_wt: Floats, slope: Floats, hysteresis: Floats) -> Isotherms:
    """Rigs with empty cells, full reservoirs and samples of (n,) properties."""
    n = len(most_wt)
    zeros = [np.zeros(n) for _ in range(9)]
    full_mmol = np.full(n, gas_mmol(FULL_MPA, RESERVOIR_CM3, RESERVOIR_C))
    return Isotherms(full_mmol, zeros[0], zeros[1], most_wt, slope, hysteresis, *zeros[2:])


@njit(cache=True)
def gas_mmol(mpa: float, cm3: float, celsius: float) -> float:
    """Ideal gas in a volume."""
    return 1000.0 * mpa * cm3 / (GAS_CONSTANT * (celsius + KELVIN))


@njit(cache=True)
def plateau_mpa(celsius: float) -> float:
    """Middle of the plateau of the reference's alloy."""
    return 0.1 * math.exp(-30_800.0 / (GAS_CONSTANT * (celsius + KELVIN)) + 108.0 / GAS_CONSTANT)


@njit(cache=True)
def equilibrium_mpa(share: float, middle_mpa: float, slope: float, hysteresis: float, taking_up: bool) -> float:
    """Pressure over a sample that has taken ``share`` of what it can; ``middle_mpa`` is the middle of its plateau."""
    flat = min(FLAT_TO, max(FLAT_FROM, share))
    ln_p = 2.0 * slope * (flat - 0.5) + (0.5 if taking_up else -0.5) * hysteresis
    if share > FLAT_TO:
        ln_p += RISE * (share - FLAT_TO)
    p = middle_mpa * math.exp(ln_p)
    return p * share / FLAT_FROM if share < FLAT_FROM else p


def step_isotherms(r: Isotherms, phase: NDArray[np.int64], cell_c: Floats, dt_s: float) -> None:
    """Advance every rig by ``dt_s``, in place, in its (n,) phase of the measurement.

    Raises ``ValueError`` beyond 10 s, in which the cell's gas would be dosed over a third of the plateau.
    """
    if not 0.0 < dt_s <= LONGEST_STEP_S:
        raise ValueError(f"PCT rigs advance by up to {LONGEST_STEP_S:g} s a step, not by {dt_s:g}")
    _step(r, phase, cell_c, dt_s)


@njit(cache=True)
def _step(r: Isotherms, phase: NDArray[np.int64], cell_c: Floats, dt_s: float) -> None:
    pieces = max(1, math.ceil(dt_s / SUBSTEP_S - 1e-9))
    dt_s /= pieces
    full_mmol = gas_mmol(FULL_MPA, RESERVOIR_CM3, RESERVOIR_C)
    for i in range(len(r.sample_wt)):
        middle_mpa = plateau_mpa(cell_c[i])
        mpa_mmol = GAS_CONSTANT * (cell_c[i] + KELVIN) / (1000.0 * CELL_CM3)
        for _ in range(pieces):
            dosed = vented = 0.0
            if phase[i] == EVACUATE:
                refill = (full_mmol - r.reservoir_mmol[i]) * -math.expm1(-dt_s / REFILL_S)
                r.reservoir_mmol[i] += refill
                r.supplied_mmol[i] += refill
                vented = r.cell_mmol[i] * -math.expm1(-dt_s / VENT_S)
            elif phase[i] == ABSORB:
                dosed = min(r.reservoir_mmol[i], DOSE_MMOL_S * dt_s)
            elif phase[i] == DESORB:
                vented = min(r.cell_mmol[i], 1.07 * DOSE_MMOL_S * dt_s)
            r.reservoir_mmol[i] -= dosed
            r.vented_mmol[i] += vented
            cell = r.cell_mmol[i] + dosed - vented
            before = r.sample_wt[i] / r.most_wt[i]
            mpa = cell * mpa_mmol
            over = mpa - equilibrium_mpa(before, middle_mpa, r.slope[i], r.hysteresis[i], True)
            under = mpa - equilibrium_mpa(before, middle_mpa, r.slope[i], r.hysteresis[i], False)
            grown_wt = 0.0
            if over > 0.0:
                grown_wt = min(RATE_S_MPA * over * (r.most_wt[i] - r.sample_wt[i]) * dt_s, 0.5 * cell / MMOL_PER_WT)
                grown_wt = min(grown_wt, over / mpa_mmol / MMOL_PER_WT)
            elif under < 0.0:
                grown_wt = max(RATE_S_MPA * under * r.sample_wt[i] * dt_s, under / mpa_mmol / MMOL_PER_WT)
                grown_wt = max(grown_wt, -r.sample_wt[i])
            r.sample_wt[i] += grown_wt
            r.cell_mmol[i] = cell - MMOL_PER_WT * grown_wt
            _read(r, i, before, phase[i] == ABSORB, r.cell_mmol[i] * mpa_mmol)


@njit(cache=True, inline="always")
def _read(r: Isotherms, i: int, before: float, taking_up: bool, mpa: float) -> None:
    """Note the pressure where the curve passes a quarter, half and three quarters, and how far it comes."""
    after = r.sample_wt[i] / r.most_wt[i]
    if taking_up:
        r.read_wt[i] = max(r.read_wt[i], r.sample_wt[i])
        if before < 0.5 <= after:
            r.up_mpa[i] = mpa
        if before < 0.25 <= after:
            r.quarter_mpa[i] = mpa
        if before < 0.75 <= after:
            r.three_quarters_mpa[i] = mpa
    elif after <= 0.5 < before:
        r.down_mpa[i] = mpa


STEP_S: Final = 10
T_MMOL: Final = 1e-9 * H2_G_MOL
HYSTERESIS: Final = 0.21
AS_SOAKED: Final = 0.07
PCT_PERIOD_S: Final = 6 * 3600.0


class PctRigs:
    """Binds the rigs to their tags: each cycle a sample of the lot that was milled last, results when it is empty."""

    def __init__(self, bank: Bank, timetable: Timetable | None, around: Surroundings) -> None:
        assert timetable is not None
        self.bank, self.timetable, self._seed = bank, timetable, around.seed + 313
        n = len(bank)
        melting = around.models.get("T_VIM")
        self._goods = melting.goods if isinstance(melting, InductionFurnaces) else None
        self.rigs = isotherms(np.ones(n), np.ones(n), np.ones(n))
        self._cell_c = bank.now("T_CELL")
        self._cell_c[:] = bank.aim("T_CELL")
        self._tags = {name: bank.aim(name) for name in ("P_RES", "P_CELL", "H_WT")}
        self._run_in(around.second)
        book, r = around.ledger.counted, self.rigs
        supplied, vented = r.supplied_mmol, r.vented_mmol
        if self._goods is not None:
            book(MASS, "MARKET", "S06", "hydrogen, bottled", lambda: T_MMOL * float(supplied.sum()))
            book(MASS, "S06", "AIR", "hydrogen", lambda: T_MMOL * float(vented.sum()))
            around.ledger.hold(MASS, "S06", self.hydrogen_t)
        self._show()
        bank.value[:] = bank.target

    def hydrogen_t(self) -> float:
        """Hydrogen in reservoirs, cells and samples."""
        r = self.rigs
        return T_MMOL * float((r.reservoir_mmol + r.cell_mmol + MMOL_PER_WT * r.sample_wt).sum())

    def _run_in(self, second: int) -> None:
        """Measure a whole sample on each rig, show its results, then the present one up to now."""
        table = self.timetable
        step = table.step.copy()
        starts = np.array([table.boundaries_s(i, int(table.cycle[i]))[:-1] for i in range(len(self.bank))])
        for rig in range(len(self.bank)):
            self._change(rig, int(table.cycle[rig]) - 1)
        for at_s in np.arange(0.0, PCT_PERIOD_S, LONGEST_STEP_S):
            step[:] = (starts - starts[:, :1] <= at_s).sum(axis=1) - 1
            step_isotherms(self.rigs, step, self._cell_c, LONGEST_STEP_S)
        for rig in range(len(self.bank)):
            self._report(rig)
            self._change(rig, int(table.cycle[rig]))
        for at_s in np.arange(second - PCT_PERIOD_S, second, LONGEST_STEP_S):
            step[:] = np.where(at_s < starts[:, 0], CHANGE, (starts <= at_s).sum(axis=1) - 1)
            step_isotherms(self.rigs, step, self._cell_c, LONGEST_STEP_S)

    def _change(self, rig: int, cycle: int) -> None:
        """Take the old sample out, with the hydrogen left in it, and put a new one in."""
        r = self.rigs
        r.vented_mmol[rig] += r.cell_mmol[rig] + MMOL_PER_WT * r.sample_wt[rig]
        r.cell_mmol[rig] = r.sample_wt[rig] = r.read_wt[rig] = 0.0
        segregation = AS_SOAKED if self._goods is None else self._goods.segregation
        oxygen_pct = 0.0 if self._goods is None else self._goods.oxygen_pct
        r.most_wt[rig] = capacity_wt(segregation, oxygen_pct) + 0.003 * normal(self._seed, cycle, 3 * rig)
        r.slope[rig] = slope(segregation) + 0.02 * normal(self._seed, cycle, 3 * rig + 1)
        r.hysteresis[rig] = HYSTERESIS + 0.015 * normal(self._seed, cycle, 3 * rig + 2)

    def _report(self, rig: int) -> None:
        """Read the plateau, its slope and hysteresis and the capacity off the curve."""
        r, bank = self.rigs, self.bank
        up_mpa, down_mpa = float(r.up_mpa[rig]), float(r.down_mpa[rig])
        quarter_mpa, three_quarters_mpa = float(r.quarter_mpa[rig]), float(r.three_quarters_mpa[rig])
        if min(up_mpa, down_mpa, quarter_mpa, three_quarters_mpa) <= 0.0:
            return
        bank.aim("P_PLAT")[rig] = math.sqrt(up_mpa * down_mpa)
        bank.aim("HYST")[rig] = math.log(up_mpa / down_mpa)
        bank.aim("SLOPE")[rig] = math.log(three_quarters_mpa / quarter_mpa)
        bank.aim("CAP")[rig] = r.read_wt[rig]

    def step(self, second: int) -> None:
        """Dose and vent every ten seconds."""
        for rig in self.timetable.entered.get("CHANGE", ()):
            self._report(rig)
        for rig in self.timetable.entered.get("EVACUATE", ()):
            self._change(rig, int(self.timetable.cycle[rig]))
        if second % STEP_S == 0:
            step_isotherms(self.rigs, self.timetable.step, self._cell_c, STEP_S)
            self._show()

    def _show(self) -> None:
        r, tags = self.rigs, self._tags
        tags["P_RES"][:] = GAS_CONSTANT * (RESERVOIR_C + KELVIN) / (1000.0 * RESERVOIR_CM3) * r.reservoir_mmol
        tags["P_CELL"][:] = GAS_CONSTANT / (1000.0 * CELL_CM3) * (self._cell_c + KELVIN) * r.cell_mmol
        tags["H_WT"][:] = r.sample_wt


PCT_RIG: Final = UnitType(
    points={
        "P_RES": Point(0.9, 0.002, 0.0003, 0.0, 20.0),
        "P_CELL": Point(0.001, 0.0, 0.0002, 0.0, 20.0),
        "T_CELL": Point(25.0, 0.02, 0.01, 0.01),
        "T_RES": Point(25.0, 0.04, 0.015, 0.03),
        "V_STAT": 16.0,
        "H_WT": Point(0.0, 0.0, 0.0006, 0.0, 20.0),
        "P_PLAT": EXACT,
        "SLOPE": EXACT,
        "HYST": EXACT,
        "CAP": EXACT,
        "CYC": 3.0,
        "LEAK": Point(0.12, 0.01, 0.005, 0.015),
        "H2_AMB": Point(0.5, 0.1, 0.2, 0.0),
    },
    steps=(
        Step("EVACUATE", 0, 40 * 60.0, {"V_STAT": 16.0}),
        Step("ABSORB", 0, 150 * 60.0, {"V_STAT": 13.0}),
        Step("DESORB", 0, 140 * 60.0, {"V_STAT": 44.0}),
        Step("CHANGE", 0, 0.0, {"V_STAT": 2.0}),
    ),
    period_s=PCT_PERIOD_S,
    state_tag="",
    model=PctRigs,
)
