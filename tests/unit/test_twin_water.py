"""The waste-water plant runs as domain reference §10 states: membranes, evaporators, crystals, balances, faults."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.twin.ledger import CHLORIDE, MASS, REO, SALT, SULPHATE, WATER, Ledger
from didymium.twin.plant import TwinPlant
from didymium.twin.units import evaporator_physics, pretreatment
from didymium.twin.units.crystalliser_physics import COOLED_PU, Crystallisers, crystallisers, step_crystallisers
from didymium.twin.units.evaporator import MotherLiquor
from didymium.twin.units.evaporator_physics import (
    MAIN,
    SUCTION_KPA,
    WORKSHOP,
    Evaporators,
    evaporators,
    latent_kj_kg,
    saturated_c,
    shaft_kw,
    slurry_t_h,
    step_evaporators,
)
from didymium.twin.units.osmosis_physics import CLEANING, RUN, TRIPPED, Trains, normal_flow_pct, step_trains, trains
from didymium.twin.units.pretreatment import INLET_T_H, INLETS, MIXED, settled, step_pretreatment
from didymium.twin.units.tank_pair import Pair
from didymium.twin.units.ultrafiltration import FILTERED_T_H, skids, step_skids
from didymium.twin.units.utilities import flow_pu

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"
START_S = 1_763_700_000
DAY_S = 86_400.0
INLET_FLOWS = INLETS * np.array(INLET_T_H)[:, None]


def run_trains(columns: Trains, seconds: float, dt_s: float = 1.0) -> np.ndarray:
    """Run trains from a vessel of mixed waste water that never empties; return (2, 5) permeate and brine."""
    feed = MIXED * 1e6
    split = np.zeros((2, 5))
    for _ in range(round(seconds / dt_s)):
        step_trains(columns, feed, split[0], split[1], dt_s)
    return split


def test_reverse_osmosis_takes_55_percent_of_water_with_50_g_per_l_at_7_mpa():
    columns = trains(4)
    permeate, brine = run_trains(columns, 600.0)
    hours = 600 / 3600
    assert permeate.sum() / hours * 24 == pytest.approx(286.0, rel=0.005)
    assert brine.sum() / hours * 24 == pytest.approx(234.0, rel=0.005)
    assert permeate[1:].sum() / hours * 24 == pytest.approx(0.30, abs=0.005)
    assert brine[1:].sum() / brine.sum() == pytest.approx(0.11, abs=0.001)
    assert columns.pressure_mpa == pytest.approx(7.0, abs=0.1)
    assert 550.0 * brine[1:].sum() / brine.sum() == pytest.approx(60.0, abs=1.0)  # bar, against 70 applied
    assert 550.0 * MIXED[1:].sum() == pytest.approx(27.5, abs=0.1)


def test_stuck_concentrate_valve_trips_the_pump_in_about_20_s_and_the_train_starts_again():
    columns = trains(4)
    run_trains(columns, 60.0)
    shown = columns.shown_pct[1]
    columns.stuck[1] = 1.0
    seconds = 0
    before = columns.pressure_mpa[1]
    while columns.state[1] == RUN:
        run_trains(columns, 1.0)
        seconds += 1
        assert columns.shown_pct[1] == shown
        assert columns.pressure_mpa[1] > before or columns.state[1] == TRIPPED
        before = columns.pressure_mpa[1]
    assert 15 <= seconds <= 25
    assert columns.opening_pct[1] < shown - 10.0
    assert columns.state.tolist() == [RUN, TRIPPED, RUN, RUN]
    run_trains(columns, 30.0)
    assert columns.feed_t_h[1] == 0.0 and columns.pressure_mpa[1] < 0.1
    columns.stuck[1] = 0.0
    run_trains(columns, 59.0)
    assert columns.state[1] == TRIPPED
    for _ in range(600):
        run_trains(columns, 1.0)
        assert columns.pressure_mpa[1] < 7.5
    assert columns.state[1] == RUN and columns.pressure_mpa[1] == pytest.approx(7.0, abs=0.1)


def test_a_tripped_pump_runs_out_with_two_seconds():
    columns = trains(1)
    before = columns.feed_t_h[0]
    columns.pump_off[0] = 1.0
    run_trains(columns, 2.0)
    assert columns.feed_t_h[0] / before == pytest.approx(math.exp(-1.0), abs=0.04)
    run_trains(columns, 600.0)
    assert columns.feed_t_h[0] == columns.permeate_t_h[0] == 0.0 and columns.state[0] == TRIPPED


@pytest.mark.parametrize("days", [45.0, 6.0])
def test_permeability_decays_with_its_time_constant(days: float):
    columns = trains(1)
    columns.fouling_d[0] = days
    before = columns.fouling[0]
    run_trains(columns, 6 * 3600.0, 10.0)
    assert columns.fouling[0] / before == pytest.approx(math.exp(-0.25 / days), rel=1e-9)


def test_scaling_membranes_fall_below_88_percent_within_a_day_and_pressure_makes_up_for_it():
    columns = trains(4)
    columns.fouling_d[:] = 6.0
    seconds, before_kpa = 0, columns.across_kpa.copy()
    run_trains(columns, 60.0)
    before_kpa = columns.across_kpa.copy()
    while normal_flow_pct(columns)[0] >= 88.0:
        run_trains(columns, 600.0, 10.0)
        seconds += 600
        assert columns.pressure_mpa.max() < 7.5
    assert seconds / DAY_S == pytest.approx(6.0 * math.log(0.97 / 0.88), rel=0.05)
    assert columns.pressure_mpa[0] > 7.15
    assert columns.permeate_t_h[0] / columns.feed_t_h[0] == pytest.approx(0.55, abs=0.002)
    assert columns.across_kpa[0] > 1.08 * before_kpa[0]


def test_cleaning_restores_97_percent_of_the_permeability_before():
    columns = trains(1)
    columns.fouling[0] = 0.9
    run_trains(columns, 1.0)
    assert columns.state[0] == CLEANING  # 97 % of 0.9 is below 87.5 %
    run_trains(columns, 7200.0, 5.0)
    run_trains(columns, 5.0)
    assert columns.state[0] == RUN
    assert columns.clean[0] == pytest.approx(0.97)
    assert normal_flow_pct(columns)[0] == pytest.approx(97.0, abs=0.01)
    assert columns.cleaned_s[0] < 10.0


def test_water_that_is_not_there_is_not_split():
    columns = trains(2)
    feed, split = MIXED * 1e-4, np.zeros((2, 5))
    step_trains(columns, feed, split[0], split[1], 1.0)
    assert feed == pytest.approx(0.0, abs=1e-18)
    assert split.sum() == pytest.approx(1e-4)


def test_ultrafiltration_cake_grows_for_29_minutes_and_a_backwash_takes_it_off():
    columns, flow, filtering = skids(1), np.array([FILTERED_T_H]), np.array([False])
    pressures = []
    for second in range(1740):
        step_skids(columns, flow, filtering, 1.0)
        pressures.append(columns.across_kpa[0])
        assert second == 0 or pressures[-1] > pressures[-2]
    assert pressures[0] == pytest.approx(1e-6 * 58.0 / 3.6e6 * 2.5e12, rel=0.01)  # μ J Rm, kPa
    assert pressures[-1] == pytest.approx(pressures[0] + 10.5, abs=0.3)
    cake = columns.cake_1_m[0]
    for _ in range(60):
        step_skids(columns, np.zeros(1), ~filtering, 1.0)
    assert columns.cake_1_m[0] == pytest.approx(0.018 * cake, rel=0.05)
    step_skids(columns, flow, filtering, 1.0)
    assert columns.across_kpa[0] < pressures[0] + 0.5


def salt_lines() -> tuple[Evaporators, Crystallisers, list[float]]:
    lines = [WORKSHOP, MAIN]
    slurry = [slurry_t_h(line, COOLED_PU) for line in lines]
    purge = [line.purge_t_d / 24.0 / flow for line, flow in zip(lines, slurry, strict=True)]
    ions = [line.feed[1:] / line.feed[1:].sum() for line in lines]
    return (
        evaporators(lines, [0, 0, 1, 1, 1, 1], COOLED_PU),
        crystallisers([line.crystals_t_d for line in lines], purge, ions, [0, 0, 1, 1, 1]),
        slurry,
    )


def started_liquor(slurry: list[float], dt_s: float) -> np.ndarray:
    """(2, 5) the mother liquor that comes back in one step."""
    table = np.zeros((2, 5))
    for i, (line, flow) in enumerate(zip((WORKSHOP, MAIN), slurry, strict=True)):
        back_t = (flow - (line.purge_t_d + line.crystals_t_d) / 24.0) * dt_s / 3600.0
        table[i] = back_t * np.array([1.0 - COOLED_PU, *(COOLED_PU * line.feed[1:] / line.feed[1:].sum())])
    return table


def test_evaporator_meets_the_reference_point():
    assert shaft_kw(4.3, 1.65) == pytest.approx(167.0, abs=1.0)
    assert shaft_kw(4.3, 1.65) / 4.3 == pytest.approx(39.0, abs=0.3)
    lift_k = saturated_c(1.65 * SUCTION_KPA) - saturated_c(SUCTION_KPA)
    assert lift_k == pytest.approx(14.4, abs=0.15)
    assert lift_k - 8.0 == pytest.approx(6.4, abs=0.15)
    heat_kw = 4.3 / 3.6 * latent_kj_kg(saturated_c(SUCTION_KPA))
    assert heat_kw == pytest.approx(1.4 * 300.0 * 6.4, rel=0.01)


def test_running_evaporators_stand_at_the_reference_point():
    columns, _, slurry = salt_lines()
    columns.u_w_m2k[:] = 1412.0
    waters = [np.array([line.feed * 100.0 for line in (WORKSHOP, MAIN)]), started_liquor(slurry, 1.0)]
    step_evaporators(columns, np.ones(2), *waters, *np.zeros((2, 2, 5)), 1.0)
    assert columns.distillate_t_h[:2] == pytest.approx(4.315, abs=0.005)
    assert columns.bpe_k == pytest.approx(8.0)
    assert columns.net_k[:2] == pytest.approx(6.4, abs=0.1)
    assert columns.discharge_kpa[:2] / SUCTION_KPA == pytest.approx(1.65, abs=0.01)
    assert columns.shaft_kw / columns.distillate_t_h == pytest.approx(39.0, abs=0.5)


def test_the_salt_line_gives_what_the_reference_balance_says():
    columns, cooled, slurry = salt_lines()
    brine = np.array([line.feed * 2000.0 for line in (WORKSHOP, MAIN)])
    liquor = started_liquor(slurry, 60.0)
    distillate, passing, crystals, purge = np.zeros((4, 2, 5))
    for _ in range(24 * 60):
        step_evaporators(columns, np.ones(2), brine, liquor, distillate, passing, 60.0)
        step_crystallisers(cooled, passing, liquor, crystals, purge, 60.0)
    assert distillate[0].sum() == pytest.approx(207.1, rel=0.002)
    assert distillate[0, 1:].sum() == pytest.approx(0.02, abs=0.001)
    assert crystals[0].sum() == pytest.approx(25.8, rel=0.005)
    assert crystals[0, 1:].sum() == pytest.approx(25.30, rel=0.005)
    assert crystals[0, 0] / crystals[0].sum() == pytest.approx(0.0194, abs=0.0003)
    assert purge[0].sum() == pytest.approx(1.1, rel=0.01)
    assert purge[0, 1:].sum() == pytest.approx(0.39, rel=0.01)
    assert crystals[1].sum() == pytest.approx(150.0, rel=0.005)
    assert columns.solids_pu == pytest.approx(0.1277, abs=0.004)
    assert cooled.solids_pu == pytest.approx(0.22, abs=0.005)


def test_scale_on_the_tubes_costs_lift_and_power_and_a_wash_takes_it_off():
    columns, _, slurry = salt_lines()
    columns.scale_d[:] = 5.0
    back = started_liquor(slurry, 60.0)

    def run(minutes: int) -> None:
        for _ in range(minutes):
            brine = np.array([line.feed * 100.0 for line in (WORKSHOP, MAIN)])
            step_evaporators(columns, np.ones(2), brine, back.copy(), *np.zeros((2, 2, 5)), 60.0)

    run(1)
    first = columns.u_w_m2k.copy(), columns.net_k.copy(), columns.shaft_kw / columns.distillate_t_h
    minutes = 1
    while columns.u_w_m2k[0] >= 1200.0:
        run(10)
        minutes += 10
    assert minutes * 60 / DAY_S == pytest.approx(5.0 * math.log(1440 / 1200), rel=0.02)
    assert (columns.u_w_m2k < 0.9 * first[0])[:3].all() and (columns.net_k > 1.1 * first[1])[:3].all()
    assert (columns.shaft_kw / columns.distillate_t_h > 1.05 * first[2])[:3].all()
    columns.scale_d[:] = 30.0
    columns.wash_s[:] = evaporator_physics.WASH_S
    run(130)
    assert columns.u_w_m2k == pytest.approx(1593.0, abs=5.0)


def test_weak_slurry_gives_no_crystals():
    _, cooled, _ = salt_lines()
    cooled.content[:] = np.array([0.8, 0.05, 0.05, 0.05, 0.05]) * 8.0
    waters = np.zeros((4, 2, 5))
    step_crystallisers(cooled, *waters, 1.0)
    assert waters[2].sum() == 0.0 and (cooled.solids_pu == 0.0).all()


def test_pre_treatment_stands_still_in_steady_running_and_loses_what_leaks():
    content, waters = settled(), np.zeros(5)
    before = content.sum()
    came = leaked = 0.0
    for _ in range(24 * 60):
        passed = step_pretreatment(content, INLET_FLOWS, 3.0 / 24.0, 520.0 / 24.0, waters, 60.0)
        came, leaked = came + passed.came.sum(), leaked + passed.leaked.sum()
    assert came == pytest.approx(520.0) and leaked == pytest.approx(3.0)
    assert content.sum() - before == pytest.approx(came - leaked - waters.sum(), abs=1e-9)
    assert waters[1:].sum() == pytest.approx(26.0, rel=0.002)
    still = settled()
    for _ in range(60):
        step_pretreatment(still, INLET_FLOWS, 0.0, 520.0 / 24.0, waters, 60.0)
    assert still == pytest.approx(settled(), abs=1e-9)


def test_full_equalisation_tanks_hold_the_sewers_back():
    content, waters = settled(), np.zeros(5)
    for _ in range(5 * 24 * 6):
        step_pretreatment(content, INLET_FLOWS, 0.0, 0.0, waters, 600.0)
    assert (content.sum(axis=1) <= pretreatment.TANK_T).all()
    assert step_pretreatment(content, INLET_FLOWS, 0.0, 0.0, waters, 600.0).came.sum() < 0.5


def test_tank_pair_comes_back_to_its_level():
    pair = Pair(MIXED)
    pair.content *= 1.2
    for _ in range(24 * 60):
        pair.content += MIXED * 10.0 / 60.0
        pair.let_out(10.0, 60.0)
    assert pair.level == pytest.approx(0.53, abs=0.001)
    assert pair.leaving_t_h == pytest.approx(10.0, rel=0.01)


def test_what_s01_sends_in_lumps_is_taken_and_left_out_of_what_others_give():
    ledger = Ledger()
    liquor = MotherLiquor(ledger, "S19", MAIN.feed)
    sent = ledger.stream(MASS, "S01", "S19", "mother liquor")
    brine, others_t = np.zeros(5), 0.0
    for second in range(1000):
        if second % 100 == 0:
            sent.add(0.6)
        others_t += liquor.take(brine, 0.0145)
    assert brine.sum() == pytest.approx(6.0)
    assert others_t == pytest.approx(14.5 - 6.0)
    composed = {stream.kind: amount for stream, amount in ledger.moved() if stream.source == "S01"}
    assert composed[WATER] + composed[SALT] == pytest.approx(composed[MASS])


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


share = st.floats(0.0, 1.0)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 20.0), st.floats(0.3, 1.0), st.floats(0.0, 9.0), st.floats(5.0, 100.0), share, st.booleans())
def test_membranes_neither_make_nor_lose_water_or_ions(
    there_t: float, fouling: float, mpa: float, opening: float, salt: float, stuck: bool
):
    columns = trains(3)
    columns.fouling[:], columns.pressure_mpa[:], columns.opening_pct[:] = fouling, mpa, opening
    columns.stuck[:] = float(stuck)
    feed = there_t * np.array([1.0 - 0.2 * salt, *np.full(4, 0.05 * salt)])
    split = np.zeros((2, 5))
    before = feed.copy()
    for _ in range(20):
        step_trains(columns, feed, split[0], split[1], 10.0)
    assert (feed >= 0.0).all() and (split >= 0.0).all()
    assert feed + split.sum(axis=0) == pytest.approx(before, abs=1e-12 * max(1.0, there_t))
    assert np.isfinite(columns.pressure_mpa).all() and (columns.pressure_mpa < 30.0).all()


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 1.2), st.floats(0.0, 1.0), st.floats(0.02, 2.0), st.floats(0.0, 2.0), st.floats(1.0, 60.0))
def test_the_salt_line_neither_makes_nor_loses_water_or_ions(
    pace: float, brine_t: float, holds: float, liquor_t: float, dt_s: float
):
    columns, cooled, _ = salt_lines()
    columns.content[:] *= holds
    cooled.content[:] *= holds
    brine = np.array([line.feed * brine_t for line in (WORKSHOP, MAIN)])
    liquor = np.full((2, 5), liquor_t / 5)
    distillate, passing, crystals, purge = np.zeros((4, 2, 5))

    def everything() -> np.ndarray:
        tables = brine + liquor + distillate + passing + crystals + purge
        return tables.sum(axis=0) + columns.content.sum(axis=0) + cooled.content.sum(axis=0)

    before = everything()
    for _ in range(30):
        step_evaporators(columns, np.full(2, pace), brine, liquor, distillate, passing, dt_s)
        heat_kw = columns.distillate_t_h / (1.0 + evaporator_physics.CARRY_OVER_PU) / 3.6
        heat_kw *= latent_kj_kg(saturated_c(SUCTION_KPA))
        through_kw = 1e-3 * columns.u_w_m2k * columns.area_m2 * columns.net_k
        assert (heat_kw <= through_kw + 1e-6).all()
        assert (columns.discharge_kpa / SUCTION_KPA <= 2.1 + 1e-9).all()
        step_crystallisers(cooled, passing, liquor, crystals, purge, dt_s)
    for table in (brine, liquor, distillate, passing, crystals, purge, columns.content, cooled.content):
        assert (table >= 0.0).all()
    assert everything() == pytest.approx(before, rel=1e-12, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.0, 1.2), min_size=5, max_size=5), st.floats(0.0, 50.0), st.floats(0.0, 60.0))
def test_pre_treatment_neither_makes_nor_loses_water_or_ions(full: list[float], leak_t_h: float, take_t_h: float):
    content, given_t = settled() * np.array(full)[:, None], np.zeros(5)
    before, balance = content.sum(axis=0), np.zeros(5)
    for _ in range(30):
        passed = step_pretreatment(content, INLET_FLOWS, leak_t_h, take_t_h, given_t, 600.0)
        balance += passed.came - passed.leaked
    assert (content >= 0.0).all() and (given_t >= 0.0).all()
    assert content.sum(axis=0) == pytest.approx(before + balance - given_t, abs=1e-9)


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
