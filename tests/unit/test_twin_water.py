"""The water sites as a whole run as domain reference §10 states: balances, faults, cooling water."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from waste_water import INLET_FLOWS, salt_lines

from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.twin.ledger import CHLORIDE, MASS, REO, SALT, SULPHATE, WATER
from didymium.twin.plant import TwinPlant
from didymium.twin.units.crystalliser_physics import step_crystallisers
from didymium.twin.units.evaporator_physics import step_evaporators
from didymium.twin.units.osmosis_physics import CLEANING, RUN, TRIPPED, step_trains, trains
from didymium.twin.units.pretreatment import MIXED, settled, step_pretreatment
from didymium.twin.units.ultrafiltration import skids, step_skids
from didymium.twin.units.utilities import flow_pu

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"
START_S = 1_763_700_000
DAY_S = 86_400.0


@pytest.mark.parametrize("dt_s", [0.0, -1.0, 1e4])
def test_too_long_a_step_is_refused(dt_s: float):
    columns, cooled, _ = salt_lines()
    tables = np.zeros((4, 2, 5))
    for refused in (
        lambda: step_pretreatment(settled(), INLET_FLOWS, 0.0, 1.0, np.zeros(5), dt_s),
        lambda: step_skids(skids(1), np.zeros(1), np.zeros(1, np.bool_), dt_s),
        lambda: step_trains(trains(1), MIXED, np.zeros(5), np.zeros(5), dt_s),
        lambda: step_evaporators(columns, np.ones(2), *tables, dt_s),
        lambda: step_crystallisers(cooled, *tables, dt_s),
    ):
        with pytest.raises(ValueError, match="stepped by up to"):
            refused()


def test_two_of_three_cooling_pumps_run_out_on_their_curve():
    flow = flow_pu(np.array([[1.0, 1.0, 1.0], [0.0, 1.0, 1.0], [0.0, 0.0, 0.0]]))
    assert flow == pytest.approx([1.0, 0.781, 0.0], abs=0.002)


@pytest.fixture(scope="module")
def northern() -> Complex:
    return read_complex(NORTHERN)


def plant(complex_: Complex) -> TwinPlant:
    return TwinPlant(complex_, 7, START_S * 1_000_000)


def reading(twin: TwinPlant, path: str) -> float:
    return float(twin.values[twin.complex.tags.row_of[path]])


Moved = dict[tuple[str, str, str, str], float]


def moved(twin: TwinPlant) -> Moved:
    """Tonnes by source, target, goods and kind since the balances were opened."""
    return {(s.source, s.target, s.goods, s.kind): amount for s, amount in twin.ledger.moved()}


QUIET_S = 300
DISTURBED_S = 300
HEALING_S = 240
STATION = "S23.WATER.CWSTN001"
PLACES = [
    ("F09", "S08.MEM.RO001", None),
    ("F10", "S08.MEM.RO004", 0.05),
    ("F11", "S08.EVAP.MVR001", 0.05),
    ("F11", "S19.EVAP.MVR001", 0.05),
    ("F09", STATION, None),
]
"""Scale grows a hundred times as fast as it usually does in these."""


@dataclass
class Shift:
    """Readings and goods moved after some quiet minutes, after some with faults, and after all but a leak ended."""

    twin: TwinPlant
    moved: list[Moved]
    readings: list[np.ndarray]

    def at(self, path: str) -> tuple[float, ...]:
        row = self.twin.complex.tags.row_of[path]
        return tuple(float(values[row]) for values in self.readings)


@pytest.fixture(scope="module")
def shift(northern: Complex) -> Shift:
    twin = plant(northern)
    twin.ledger.open()
    seen = Shift(twin, [], [])

    def look(seconds: int) -> None:
        twin.advance(twin.second + seconds)
        seen.moved.append(moved(twin))
        seen.readings.append(twin.values.copy())

    look(QUIET_S)
    twin.faults.inject("F18", "S08.PRE.PRE001", 48.0, twin.second)
    for code, place, size in PLACES:
        twin.faults.inject(code, place, size, twin.second)
    look(DISTURBED_S)
    for code, place, _ in PLACES:
        twin.faults.clear(code, place)
    look(HEALING_S)
    return seen


def test_every_balance_of_the_water_sites_closes(shift: Shift):
    balances = {balance.id: balance for balance in shift.twin.ledger.balances()}
    for name in (f"{site}.{kind}" for site in ("S08", "S19") for kind in (MASS, WATER, SALT, CHLORIDE, SULPHATE, REO)):
        assert balances[name].ok, f"{name} is off by {balances[name].residual:g} t"
        assert name.endswith(REO) or balances[name].came > 0.0


def test_quiet_minutes_bring_the_reference_balance(shift: Shift):
    day = {key: DAY_S / QUIET_S * amount for key, amount in shift.moved[0].items()}
    for target, goods, kind, t_d, rel in (
        ("S01", "reuse water", MASS, 490.0, 0.005),
        ("S01", "reuse water", SALT, 0.32, 0.02),
        ("AIR", "vapour", WATER, 3.1, 0.005),
        ("S09", "salt crystals", MASS, 25.8, 0.01),
        ("S09", "salt crystals", SALT, 25.3, 0.01),
        ("RESIDUE", "purge", MASS, 1.1, 0.02),
        ("RESIDUE", "purge", SALT, 0.39, 0.02),
    ):
        assert day["S08", target, goods, kind] == pytest.approx(t_d, rel=rel), (target, kind)
    assert day["S01", "S08", "waste water", MASS] == pytest.approx(520.0, rel=1e-6)
    assert day["S01", "S08", "waste water", SALT] == pytest.approx(26.0, rel=1e-4)
    assert day["S19", "S09", "salt crystals", MASS] == pytest.approx(150.0, rel=0.01)


def test_hidden_leak_takes_feed_water_and_its_salt_to_the_ground(shift: Shift):
    quiet, disturbed, _ = shift.moved
    assert quiet["S08", "GROUND", "leak", MASS] == 0.0
    lost_t = 48.0 * DISTURBED_S / DAY_S
    assert disturbed["S08", "GROUND", "leak", MASS] == pytest.approx(lost_t, rel=1e-6)
    assert disturbed["S08", "GROUND", "leak", SALT] == pytest.approx(0.0451 * lost_t, rel=0.01)
    assert max(shift.at("S08.PRE.PRE001.OUTFALL")) == 0.0


def test_tripped_osmosis_pump_stands_and_starts_again(shift: Shift):
    train = "S08.MEM.RO001"
    assert shift.at(f"{train}.STATE") == (RUN, TRIPPED, RUN)
    assert shift.at(f"{train}.HPP_A")[1] == shift.at(f"{train}.F_FEED")[1] == 0.0
    assert shift.at(f"{train}.F_FEED")[2] == pytest.approx(5.42, abs=0.15)
    assert shift.at("S08.MEM.RO002.F_FEED")[1] == pytest.approx(5.42, abs=0.15)


def test_scale_on_membranes_and_tubes_shows_in_their_tags_and_is_cleaned_off(shift: Shift):
    fell = math.exp(-DISTURBED_S / (0.05 * DAY_S))
    for tag, ratio in (("MEM.RO004.NPF", fell), ("MEM.RO004.DP", 1.0 / fell), ("EVAP.MVR001.U_HX", fell)):
        before, after, _ = shift.at(f"S08.{tag}")
        assert after / before == pytest.approx(ratio, abs=0.03), tag
    for tag, least in (("DT_HX", 1.04), ("SEC", 1.01), ("CMP_PR", 1.003)):
        before, after, healed = shift.at(f"S08.EVAP.MVR001.{tag}")
        assert after > least * before and healed < after, tag
    assert shift.at("S08.MEM.RO004.STATE")[2] == CLEANING
    assert shift.at("S19.EVAP.MVR001.STATE") == (4.0, 4.0, 5.0)
    before, after, washed = shift.at("S19.EVAP.MVR001.U_HX")
    assert after < 0.95 * before and washed > after


def test_cooling_pump_trip_takes_flow_and_pressure_and_the_pump_starts_again(shift: Shift):
    pump, other = shift.at(f"{STATION}.PMP1_A"), shift.at(f"{STATION}.PMP2_A")
    assert pump[1] < 1.0 and other[1] > 1.05 * other[0]
    assert pump[2] == pytest.approx(pump[0], rel=0.05)
    flow, pressure, back = (shift.at(f"{STATION}.{tag}") for tag in ("FLOW", "SUP_P", "RET_T"))
    assert flow[1] == pytest.approx(0.78 * flow[0], rel=0.03) and flow[2] == pytest.approx(flow[0], rel=0.04)
    assert pressure[1] < 0.28 and back[1] > back[0] + 1.0


def test_stuck_valve_shows_in_pressure_and_a_biased_meter_in_nothing_but_itself(northern: Complex):
    twin = plant(northern)
    twin.ledger.open()
    twin.advance(START_S + 5)
    train = "S08.MEM.RO002"
    opening, inlet = reading(twin, f"{train}.V_CONC"), reading(twin, "S08.PRE.PRE001.IN1_F")
    twin.faults.inject("F04", train, None, twin.second)
    twin.faults.inject("F17", "S08.PRE.PRE001", 5.0, twin.second)
    trip_s, highest_mpa = 0, 0.0
    while reading(twin, f"{train}.STATE") == RUN and trip_s < 60:
        twin.advance(twin.second + 1)
        trip_s += 1
        highest_mpa = max(highest_mpa, reading(twin, f"{train}.P_FEED"))
    assert 15 <= trip_s <= 25 and highest_mpa > 8.45
    assert reading(twin, f"{train}.V_CONC") == pytest.approx(opening, abs=0.5)
    twin.advance(twin.second + 20)
    assert reading(twin, f"{train}.F_FEED") < 0.05 and reading(twin, f"{train}.HPP_A") < 1.0
    assert reading(twin, "S08.PRE.PRE001.IN1_F") == pytest.approx(1.05 * inlet, rel=0.015)
    water_t = 520.0 * (twin.second - START_S) / DAY_S
    assert moved(twin)["S01", "S08", "waste water", MASS] == pytest.approx(water_t, rel=1e-6)
    twin.faults.clear("F04", train)
    twin.advance(twin.second + 240)
    assert reading(twin, f"{train}.STATE") == RUN
    assert reading(twin, f"{train}.P_FEED") == pytest.approx(7.0, abs=0.25)
