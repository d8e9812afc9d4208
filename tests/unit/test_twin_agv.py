"""Vehicles of S01 drive, carry, charge, stand before obstacles and mix up labels (domain reference §3.2, F07, F22)."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.twin.plant import TwinPlant
from didymium.twin.units.agv import CHARGE, FAULT, LOADS_PER_DAY, WAIT, Vehicles
from didymium.twin.units.agv_battery import NOMINAL_V, USUAL_AH, Batteries, batteries, step_batteries

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"
START_S = 1_763_700_000
DAY_S = 86_400


@pytest.fixture(scope="module")
def northern() -> Complex:
    return read_complex(NORTHERN)


@pytest.fixture
def twin(northern: Complex) -> TwinPlant:
    return TwinPlant(northern, 7, START_S * 1_000_000)


def vehicles(twin: TwinPlant) -> Vehicles:
    model = twin.models["T_AGV"]
    assert isinstance(model, Vehicles)
    return model


def drive(
    battery: Batteries, seconds: int, speed_m_s: float = 0.0, lift_w: float = 0.0, charging: bool = False
) -> None:
    for _ in range(seconds):
        step_batteries(battery, np.array([speed_m_s]), np.array([lift_w]), np.array([charging]), 1.0)


def test_a_kilometre_takes_95_watt_hours_and_a_lift_12():
    rested, driven, lifted = (batteries(np.array([80.0])) for _ in range(3))
    drive(rested, 1000)
    drive(driven, 1000, speed_m_s=1.0)
    drive(lifted, 35, lift_w=12.0 * 3600.0 / 35.0)
    drive(lifted, 965)
    assert rested.charge_wh[0] - driven.charge_wh[0] == pytest.approx(95.0, rel=0.002)
    assert rested.charge_wh[0] - lifted.charge_wh[0] == pytest.approx(12.0, rel=0.005)


def test_charging_takes_forty_amperes_and_ends_full():
    battery = batteries(np.array([50.0]))
    drive(battery, 600, charging=True)
    assert battery.current_a[0] == -40.0
    assert battery.charge_wh[0] - 0.5 * NOMINAL_V * USUAL_AH == pytest.approx(40.0 * 51.5 / 6.0, rel=0.01)
    drive(battery, 6 * 3600, charging=True)
    assert 99.9 < battery.soc_pct[0] <= 100.0 and battery.current_a[0] > -0.1


def test_a_battery_below_a_quarter_calls_until_it_has_four_fifths():
    battery = batteries(np.array([24.0]))
    drive(battery, 1)
    assert battery.low[0]
    drive(battery, 3600, charging=True)
    assert battery.low[0] and battery.soc_pct[0] > 60.0
    drive(battery, 3600, charging=True)
    assert not battery.low[0]


@given(
    soc_pct=st.floats(5.0, 100.0),
    legs=st.lists(st.tuples(st.floats(0.0, 1.2), st.floats(0.0, 1300.0), st.booleans()), max_size=30),
    dt_s=st.sampled_from((1.0, 5.0, 60.0)),
)
@settings(max_examples=60, deadline=None)
def test_energy_of_a_battery_closes(soc_pct: float, legs: list[tuple[float, float, bool]], dt_s: float):
    battery = batteries(np.array([soc_pct]))
    taken_wh = 0.0
    for speed_m_s, lift_w, charging in legs:
        step_batteries(battery, np.array([speed_m_s]), np.array([lift_w]), np.array([charging]), dt_s)
        taken_wh += battery.current_a[0] * battery.volt_v[0] * dt_s / 3600.0
        assert 0.0 <= battery.soc_pct[0] <= 100.0 + 1e-9
    assert NOMINAL_V * USUAL_AH / 100.0 * soc_pct - taken_wh == pytest.approx(battery.charge_wh[0], abs=1e-6)


def test_a_step_that_a_battery_cannot_take_is_refused():
    with pytest.raises(ValueError, match="batteries advance by up to 60 s"):
        step_batteries(batteries(np.array([50.0])), np.zeros(1), np.zeros(1), np.zeros(1, np.bool_), 61.0)


def test_the_fleet_moves_76_loads_a_day_and_keeps_its_charge(twin: TwinPlant):
    fleet = vehicles(twin)
    loaded, before, loads = fleet.bank.aim("LOAD_WT"), fleet.bank.aim("LOAD_WT").copy(), 0
    seconds = fleet.period_s
    for second in range(START_S + 1, START_S + 1 + seconds):
        fleet.step(second)
        loads += int(((before == 0.0) & (loaded > 0.0)).sum())
        before = loaded.copy()
    assert loads * DAY_S / seconds == pytest.approx(LOADS_PER_DAY, rel=0.001)
    assert fleet.batteries.soc_pct.min() > 70.0 and fleet.bank.aim("BATT_V").min() > 46.0


def test_a_blocked_vehicle_stands_and_its_loads_wait(twin: TwinPlant):
    """F07: the flag and the speed move first; after twenty minutes the loads have waited too long."""
    fleet = vehicles(twin)
    mover, other = (int(vehicle) for vehicle in np.flatnonzero(fleet.bank.aim("SPEED") > 0.9)[:2])
    unit, free = fleet.bank.units[mover].path, fleet.bank.units[other].path
    at = twin.complex.tags.row_of
    twin.faults.inject("F07", unit, None, START_S)
    twin.advance(START_S + 3)
    shown = {name: float(twin.values[at[f"{unit}.{name}"]]) for name in ("OBST_FLAG", "SPEED", "TASK_STATE", "X", "Y")}
    assert shown["OBST_FLAG"] == 1.0 and shown["SPEED"] == 0.0 and shown["TASK_STATE"] == WAIT
    assert twin.values[at[f"{free}.OBST_FLAG"]] == 0.0 and twin.values[at[f"{free}.SPEED"]] > 0.9
    assert twin.values[at[f"{unit}.OBST_DIST"]] < 3.0
    for second in range(START_S + 4, START_S + 1261):
        fleet.step(second)
    assert fleet.late_s[mover] > 20 * 60 and np.delete(fleet.late_s, mover).max() == 0
    assert fleet.bank.aim("TASK_STATE")[mover] == FAULT and fleet.bank.aim("FAULT_CODE")[mover] > 0.0
    assert fleet.bank.aim("X")[mover] == pytest.approx(shown["X"], abs=0.05)
    assert fleet.bank.aim("Y")[mover] == pytest.approx(shown["Y"], abs=0.05)


def test_a_vehicle_makes_up_for_its_delay_by_resting_less(twin: TwinPlant):
    fleet = vehicles(twin)
    unit = fleet.bank.units[2].path
    twin.faults.inject("F07", unit, None, START_S)
    ends = START_S + fleet.period_s
    for second in range(START_S + 1, ends + 1):
        if second == START_S + 1500:
            twin.faults.clear("F07", unit)
        fleet.step(second)
        if second == START_S + 1510:
            assert fleet.late_s[2] >= 1490
            assert fleet.bank.aim("OBST_FLAG")[2] == 0.0 and fleet.bank.aim("FAULT_CODE")[2] == 0.0
    assert fleet.late_s.max() == 0
    assert np.diff(labels(fleet, 2, ends, 2)).tolist() == [1.0, 1.0]


def test_a_vehicle_low_on_charge_charges_through_its_rest(twin: TwinPlant):
    fleet = vehicles(twin)
    fleet.batteries.charge_wh[0], fleet.batteries.soc_pct[0] = 0.2 * NOMINAL_V * USUAL_AH, 20.0
    charging_s = 0
    for second in range(START_S + 1, START_S + 1 + fleet.period_s):
        fleet.step(second)
        charging_s += int(fleet.bank.aim("TASK_STATE")[0] == CHARGE and fleet.bank.aim("BATT_A")[0] < 0.0)
        if charging_s > 1500:
            return
    raise AssertionError(f"charged for {charging_s} s")


def labels(fleet: Vehicles, vehicle: int, start_s: int, rounds: int) -> list[float]:
    """Every label that the vehicle's loads bear, in order, looked at every ten seconds."""
    seen: list[float] = []
    before = 0.0
    for second in range(start_s + 1, start_s + 1 + rounds * fleet.period_s, 10):
        fleet.step(second)
        loaded = fleet.bank.aim("LOAD_WT")[vehicle]
        if loaded > 0.0 and before == 0.0:
            seen.append(float(fleet.bank.aim("LOAD_ID")[vehicle]))
        before = loaded
    return seen


def test_labels_count_up(twin: TwinPlant):
    seen = labels(vehicles(twin), 0, START_S, 4)
    assert len(seen) == 4 and np.diff(seen).tolist() == [1.0, 1.0, 1.0]


def test_two_successive_loads_bear_each_others_labels(twin: TwinPlant):
    """F22: the next load and the one after it; the third is right again."""
    fleet = vehicles(twin)
    twin.faults.inject("F22", fleet.bank.units[0].path, None, START_S)
    seen = labels(fleet, 0, START_S, 4)
    assert np.diff(seen).tolist() == [-1.0, 2.0, 1.0]


def test_a_swap_that_is_cleared_before_the_next_load_does_not_happen(twin: TwinPlant):
    fleet = vehicles(twin)
    unit = fleet.bank.units[1].path
    twin.faults.inject("F22", unit, None, START_S)
    fleet.step(START_S + 1)
    twin.faults.clear("F22", unit)
    seen = labels(fleet, 1, START_S + 1, 2)
    assert len(seen) >= 2 and np.diff(seen).tolist() == [1.0] * (len(seen) - 1)
