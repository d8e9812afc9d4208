"""Hydrogen in the halls of S22 and S23 and vacuum in the furnaces (domain reference §14, §17.2; F12, F21)."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.twin.plant import TwinPlant
from didymium.twin.units.hydrogen_hall import HALL_M3, PLUME_M3, Halls, halls, judge_halls, step_halls
from didymium.twin.units.magnets import ABSORBING, DECREPITATION_FURNACE, TESTING, DecrepitationFurnaces
from didymium.twin.units.vacuum_vessel import OPEN, PUMPED, SHUT, Vessels, step_vessels, vessels

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"
START_S = 1_763_700_000
STATION = "S23.H2.H2STN001"


@pytest.fixture(scope="module")
def northern() -> Complex:
    return read_complex(NORTHERN)


def plant(complex_: Complex, start_s: int = START_S) -> TwinPlant:
    return TwinPlant(complex_, 7, start_s * 1_000_000)


def reading(twin: TwinPlant, path: str) -> float:
    return float(twin.values[twin.complex.tags.row_of[path]])


def furnaces(twin: TwinPlant) -> DecrepitationFurnaces:
    model = twin.models["T_HD"]
    assert isinstance(model, DecrepitationFurnaces)
    return model


def seconds_to(hall: Halls, leak_nm3_h: float, pct: float, limit_s: int = 600) -> int:
    for second in range(1, limit_s + 1):
        step_halls(hall, np.array([leak_nm3_h]), 1.0)
        if hall.plume_pct[0] >= pct:
            return second
    raise AssertionError(f"not {pct} % LEL in {limit_s} s")


def test_thirty_cubic_metres_an_hour_reach_a_quarter_of_the_limit_in_seconds():
    """By hand: 0.0083 m³/s into 0.4 m³/s are 2.1 %; 1 % after -20 s ln(1 - 0.48) = 13 s."""
    assert seconds_to(halls(1), 30.0, 25.0) == pytest.approx(13, abs=1)


def test_a_larger_leak_is_faster_and_a_small_one_never_gets_there():
    assert seconds_to(halls(1), 200.0, 25.0) <= 3 < seconds_to(halls(1), 20.0, 25.0) <= 60
    with pytest.raises(AssertionError, match="not 25"):
        seconds_to(halls(1), 5.0, 25.0)


def test_a_hall_settles_where_the_fans_take_what_leaks():
    hall = halls(1)
    for _ in range(7200):
        step_halls(hall, np.array([30.0]), 1.0)
    assert hall.hall[0] == pytest.approx(30.0 / 3600.0 / 6.0, rel=0.001)
    assert hall.plume[0] - hall.hall[0] == pytest.approx(30.0 / 3600.0 / 0.4, rel=0.001)


@given(leaks=st.lists(st.floats(0.0, 200.0), min_size=1, max_size=40), dt_s=st.sampled_from((0.5, 1.0, 5.0)))
@settings(max_examples=60, deadline=None)
def test_no_hydrogen_is_lost_in_a_hall(leaks: list[float], dt_s: float):
    hall = halls(1)
    came = went = 0.0
    for leak in leaks:
        came += leak / 3600.0 * dt_s
        went += 6.0 * hall.hall[0] * dt_s
        step_halls(hall, np.array([leak]), dt_s)
        assert hall.plume[0] >= 0.0 and hall.hall[0] >= 0.0
    held = PLUME_M3 * hall.plume[0] + HALL_M3 * hall.hall[0]
    assert came - went == pytest.approx(held, abs=1e-12)


def test_the_interlock_holds_until_the_leak_is_mended_and_the_air_safe_for_five_minutes():
    hall, mended = halls(1), np.zeros(1, np.bool_)
    judge_halls(hall, np.array([24.9]), mended, 1.0)
    assert not hall.tripped[0]
    judge_halls(hall, np.array([25.0]), mended, 1.0)
    for _ in range(600):
        judge_halls(hall, np.array([1.0]), mended, 1.0)
    assert hall.tripped[0]
    for _ in range(299):
        judge_halls(hall, np.array([1.0]), ~mended, 1.0)
    assert hall.tripped[0]
    judge_halls(hall, np.array([1.0]), ~mended, 1.0)
    assert not hall.tripped[0]


def test_steps_that_are_too_long_are_refused():
    with pytest.raises(ValueError, match="halls advance by up to 5 s"):
        step_halls(halls(1), np.zeros(1), 6.0)
    with pytest.raises(ValueError, match="vessels advance by up to 30 s"):
        step_vessels(vessels(np.array([0.1])), np.zeros(1), 31.0)


def pumped_down(leak_pa_min: float) -> Vessels:
    vessel = vessels(np.array([0.11]))
    vessel.line[:] = PUMPED
    for _ in range(1800):
        step_vessels(vessel, np.array([leak_pa_min]), 1.0)
    return vessel


def test_a_tight_vessel_is_below_ten_pascals_in_half_an_hour_and_passes_its_rise_test():
    vessel = pumped_down(0.0)
    assert vessel.pressure_pa[0] < 10.0
    vessel.line[:] = SHUT
    before = vessel.pressure_pa[0]
    for _ in range(600):
        step_vessels(vessel, np.zeros(1), 1.0)
    assert vessel.pressure_pa[0] - before == pytest.approx(1.1, abs=0.02)
    assert vessel.measured_pa_min[0] == pytest.approx(0.11) and vessel.oxygen_ppm[0] == 0.0


@pytest.mark.parametrize("leak_pa_min", [0.5, 2.0, 20.0])
def test_a_leak_fails_the_rise_test_within_minutes_and_lets_oxygen_in(leak_pa_min: float):
    vessel = pumped_down(leak_pa_min)
    assert vessel.oxygen_ppm[0] == pytest.approx(40.0 * leak_pa_min, rel=0.01)
    vessel.line[:] = SHUT
    seconds = 0
    while vessel.measured_pa_min[0] <= 0.3:
        step_vessels(vessel, np.array([leak_pa_min]), 1.0)
        seconds += 1
        assert seconds < 1800
    vessel.line[:] = OPEN
    step_vessels(vessel, np.array([leak_pa_min]), 1.0)
    assert vessel.pressure_pa[0] == 100_000.0 and vessel.measured_pa_min[0] > 0.3


@given(
    turns=st.lists(st.tuples(st.sampled_from((OPEN, PUMPED, SHUT)), st.floats(0.0, 20.0)), max_size=40),
    dt_s=st.sampled_from((1.0, 30.0)),
)
@settings(max_examples=60, deadline=None)
def test_pressure_and_oxygen_stay_physical(turns: list[tuple[float, float]], dt_s: float):
    vessel = vessels(np.array([0.11]))
    for line, leak in turns:
        vessel.line[:] = line
        for _ in range(10):
            step_vessels(vessel, np.array([leak]), dt_s)
        assert 0.0 < vessel.pressure_pa[0] <= 100_000.0
        assert 0.0 <= vessel.oxygen_ppm[0] <= 800.0 + 1e-9 and vessel.measured_pa_min[0] > 0.0


def next_second(twin: TwinPlant, step: int) -> tuple[int, int]:
    """The furnace that comes first to a step, and a second soon after it has."""
    table = furnaces(twin).timetable
    starts = []
    for furnace in range(len(table.bank)):
        cycle = int(table.cycle[furnace])
        begun = [float(table.boundaries_s(furnace, k)[step]) for k in (cycle, cycle + 1)]
        starts.append((min(at for at in begun if at > twin.second), furnace))
    at, furnace = min(starts)
    return furnace, int(at) + 30


def test_a_leaking_furnace_fails_its_rise_test_and_gets_no_hydrogen(northern: Complex):
    """F12, I6: what was to last ten minutes lasts until the leak is mended."""
    furnace, second = next_second(plant(northern), TESTING)
    twin = plant(northern, second)
    model, unit = furnaces(twin), furnaces(twin).bank.units[furnace].path
    assert reading(twin, f"{unit}.STEP") == 2.0 and reading(twin, f"{unit}.LEAK") < 0.2
    assert reading(twin, f"{unit}.VAC") < 10.0
    twin.faults.inject("F12", unit, None, second)
    leak_s = oxygen_s = vacuum_s = 0
    for after in range(1, 901):
        twin.advance(second + after)
        leak_s = leak_s or after * (reading(twin, f"{unit}.LEAK") > 0.3)
        oxygen_s = oxygen_s or after * (reading(twin, f"{unit}.O2") > 50.0)
        vacuum_s = vacuum_s or after * (reading(twin, f"{unit}.VAC") > 10.0)
    assert 0 < leak_s < oxygen_s < vacuum_s < 900
    assert 0.8 < reading(twin, f"{unit}.LEAK") < 2.3
    assert model.timetable.held[furnace] and reading(twin, f"{unit}.STEP") == 2.0
    assert np.delete(model.timetable.held, furnace).sum() == 0
    twin.faults.clear("F12", unit)
    for after in range(901, 3000):
        model.timetable.advance(second + after)
        model.step(second + after)
    assert not model.timetable.held.any() and model.timetable.step[furnace] > TESTING


def test_hydrogen_in_the_hall_shuts_the_furnace_and_full_ventilation_clears_it(northern: Complex):
    """F21 on a furnace that takes hydrogen, I7 and I8; it goes on when the leak is mended and the air is safe."""
    furnace, second = next_second(plant(northern), ABSORBING)
    twin = plant(northern, second)
    model, unit = furnaces(twin), furnaces(twin).bank.units[furnace].path
    assert reading(twin, f"{unit}.V_H2") == 11.0 and reading(twin, f"{unit}.H2_F") > 1.0
    twin.faults.inject("F21", unit, None, second)
    quarter_s = shut_s = 0
    for after in range(1, 121):
        twin.advance(second + after)
        quarter_s = quarter_s or after * (reading(twin, f"{unit}.H2_AMB1") >= 25.0)
        shut_s = shut_s or after * (reading(twin, f"{unit}.V_H2") == 4.0)
    assert 2 <= quarter_s <= 60 and quarter_s <= shut_s <= quarter_s + 3
    assert reading(twin, f"{unit}.H2_F") < 0.5 and reading(twin, f"{unit}.V_VENT") == 11.0
    assert reading(twin, f"{unit}.VENT_FAN") > 200.0 and reading(twin, f"{unit}.STEP") == 9.0
    assert reading(twin, f"{unit}.H2_AMB1") < 10.0 and not model.halls.tripped[:furnace].any()
    twin.advance(second + 300)
    assert reading(twin, f"{unit}.STEP") == 9.0
    twin.faults.clear("F21", unit)
    twin.advance(second + 660)
    assert not model.timetable.held.any()
    assert reading(twin, f"{unit}.STEP") == 4.0 and reading(twin, f"{unit}.V_H2") == 11.0
    assert reading(twin, f"{unit}.H2_F") > 1.0


def test_a_leak_at_the_station_trips_its_shut_off_valve(northern: Complex):
    """F21 on the station: flow and gas detectors, then the valve; the headers run empty until it opens again."""
    twin = plant(northern)
    before = reading(twin, f"{STATION}.FLOW")
    twin.faults.inject("F21", STATION, 100.0, START_S)
    quarter_s = tripped_s = 0
    for after in range(1, 61):
        twin.advance(START_S + after)
        if after == 4:
            assert reading(twin, f"{STATION}.FLOW") > before + 30.0
        quarter_s = quarter_s or after * (reading(twin, f"{STATION}.LEL1") >= 25.0)
        tripped_s = tripped_s or after * (reading(twin, f"{STATION}.ESV") == 2.0)
    assert 2 <= quarter_s <= tripped_s <= 20
    assert reading(twin, f"{STATION}.FLOW") < 1.0 and reading(twin, f"{STATION}.HDR_P1") < 0.5
    assert reading(twin, f"{STATION}.LEL1") > reading(twin, f"{STATION}.LEL4") > 1.0
    twin.faults.clear("F21", STATION)
    twin.advance(START_S + 600)
    assert reading(twin, f"{STATION}.ESV") == 1.0
    assert reading(twin, f"{STATION}.FLOW") == pytest.approx(before, abs=15.0)
    assert reading(twin, f"{STATION}.HDR_P1") > 0.6 and reading(twin, f"{STATION}.LEL1") < 3.0


def test_the_furnaces_take_turns_without_a_fault(northern: Complex):
    twin = plant(northern)
    model = furnaces(twin)
    assert {step.name for step in DECREPITATION_FURNACE.steps} >= {"VAC", "LEAKTEST", "ABSORB"}
    vacuum = model.bank.aim("VAC")
    for second in range(START_S + 1, START_S + 20_000):
        model.timetable.advance(second)
        model.step(second)
        assert vacuum.max() < 10.0
    assert not model.timetable.delay_s.any() and not model.halls.tripped.any()
