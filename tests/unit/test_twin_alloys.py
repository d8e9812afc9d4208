"""AB5 in S06: melt, anneal, mill, test; and the belt calciners of S01 and S21 (domain reference §8, §13, F05)."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.model.folder import read_complex
from didymium.twin.ledger import MASS, REO
from didymium.twin.plant import TwinPlant
from didymium.twin.units import induction_furnace as melting
from didymium.twin.units import pct_rig
from didymium.twin.units.annealing import capacity_wt, evened, slope, soaks, step_soaks
from didymium.twin.units.calcination import ZONE_C, Cake, Calciners, calciners, held_kg, step_calciners
from didymium.twin.units.calcination import run_in as run_calciners
from didymium.twin.units.casting_inputs import TimeStepTooLong
from didymium.twin.units.hydrogen_alloy import InductionFurnaces
from didymium.twin.units.mill import D80_D50, Mills, ground_um, step_mills, work_index_kwh_t
from didymium.twin.units.polishing import OXYGEN_PER_CO2

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"
START_S = 1_763_700_000
STEP_S = (1800, 2100, 600, 3300, 900, 480, 7200, 360, 1500, 10_560)
BOUNDS_S = np.concatenate([[0.0], np.cumsum(STEP_S)])


@pytest.fixture
def plant() -> TwinPlant:
    return TwinPlant(read_complex(NORTHERN), 7, START_S * 1_000_000)


def run_alone(plant: TwinPlant, templates: tuple[str, ...], seconds: int) -> None:
    """Advance the models of some templates and their timetables, and no other unit of the plant."""
    models = [plant.models[template] for template in templates]
    timetables = [t for t in (getattr(model, "timetable", None) for model in models) if t is not None]
    for second in range(START_S + 1, START_S + seconds + 1):
        for timetable in timetables:
            timetable.advance(second)
        for model in models:
            model.step(second)


def heat(charge_kg: float, until_s: float, dt_s: float = 1.0, dry_from_s: float = 1e9) -> melting.Melts:
    """One furnace from the start of its heat to ``until_s``, its coil's water failing for good from some second on."""
    m = melting.melts(1)
    melting.begin_heat(m, 0, charge_kg, 0.978 * charge_kg)
    given_ = melting.MeltInputs(np.zeros(1, np.int64), np.zeros(1), np.zeros(1), np.zeros(1, np.bool_), np.zeros(1))
    now_s = 0.0
    while now_s < until_s:
        now_s += dt_s
        step = min(int(np.searchsorted(BOUNDS_S[1:], now_s, side="right")), melting.IDLE)
        given_.step[0], given_.since_s[0], given_.until_s[0] = step, BOUNDS_S[step], BOUNDS_S[step + 1]
        given_.coil_dry[0] = float(now_s >= dry_from_s)
        melting.step_melts(m, given_, now_s, dt_s)
    return m


def stored_kwh(m: melting.Melts) -> float:
    return melting.HEAT_KWH_KG_K * (m.melt_kg[0] + melting.LINING_KG) * (m.melt_c[0] - melting.COLD_C)


def test_three_hundred_kilograms_are_liquid_within_the_melting_step():
    """By hand: 0.29 kWh/kg for 330 kg with the lining is 96 kWh; through 0.78 and the walls some 170 kWh."""
    m = heat(300.0, BOUNDS_S[melting.REFINE])
    assert m.melt_c[0] == pytest.approx(melting.SET_C, abs=2.0)
    assert 150.0 < m.energy_kwh[0] < 190.0
    assert m.crucible_c[0] < 260.0


def test_a_heat_takes_two_hundred_kilowatt_hours_and_warms_its_mould_to_a_limit():
    m = heat(300.0, BOUNDS_S[melting.COOL])
    assert m.energy_kwh[0] == pytest.approx(204.0, abs=8.0)
    assert m.ingot_kg[0] == pytest.approx(293.4, abs=0.01)
    assert 100.0 < m.mould_c[0] < 300.0 < m.ingot_c[0]
    later = heat(300.0, BOUNDS_S[melting.VENT])
    assert later.mould_c[0] < 30.0 and later.ingot_c[0] < 40.0


@settings(max_examples=15, deadline=None)
@given(st.floats(60.0, 400.0), st.sampled_from((1.0, 2.0, 5.0, 10.0)), st.floats(5000.0, 9400.0))
def test_energy_and_mass_of_a_heat_close(charge_kg: float, dt_s: float, until_s: float):
    m = heat(charge_kg, until_s, dt_s)
    assert m.melt_kg[0] + m.ingot_kg[0] + m.to_charge_kg[0] == pytest.approx(charge_kg, abs=1e-9)
    assert min(m.melt_kg[0], m.ingot_kg[0]) >= 0.0
    began_kwh = melting.HEAT_KWH_KG_K * melting.LINING_KG * (melting.WALL_C - melting.COLD_C)
    gained_kwh = melting.COUPLING * m.energy_kwh[0] - m.lost_kwh[0] - m.carried_kwh[0]
    assert stored_kwh(m) - began_kwh == pytest.approx(gained_kwh, abs=1e-6)


def test_without_its_water_the_coil_trips_in_seconds_and_gravity_water_flows():
    """By hand: 22 exp(-t/9) m³/h fall below 15 after 3.4 s; F05 has 3 to 15 s."""
    dry_s = 6000.0
    assert heat(300.0, dry_s + 2.0, dry_from_s=dry_s).tripped[0] == 0.0
    tripped = heat(300.0, dry_s + 5.0, dry_from_s=dry_s)
    assert tripped.tripped[0] == 1.0 and tripped.power_kw[0] == 0.0
    later = heat(300.0, dry_s + 60.0, dry_from_s=dry_s)
    assert later.gravity_m3_h[0] > 4.0 and later.tank_m3[0] < melting.COIL.tank_m3 and later.coil_c[0] < 58.0
    assert later.melt_c[0] < heat(300.0, dry_s).melt_c[0]


def test_a_melting_furnace_loses_its_water_in_its_tags_and_goes_on_when_it_is_back(plant: TwinPlant):
    model = plant.models["T_VIM"]
    assert isinstance(model, InductionFurnaces)
    table = model.timetable
    stays = (table.step == melting.MELT) | (table.step == melting.REFINE)
    unit = int(np.flatnonzero(stays & (table.until - START_S > 60.0))[0])
    path = model.bank.units[unit].path
    before = {name: plant.values[plant.complex.tags.row_of[f"{path}.{name}"]] for name in ("CW_F1", "EM_LVL")}
    plant.faults.inject("F05", path, None, START_S)
    plant.advance(START_S + 3)
    flow = plant.values[plant.complex.tags.row_of[f"{path}.CW_F1"]]
    assert flow < before["CW_F1"] - 3.0
    plant.advance(START_S + 15)
    shown = {name: plant.values[plant.complex.tags.row_of[f"{path}.{name}"]] for name in ("MF1", "ALM_W", "CW_F1")}
    assert shown["MF1"] < 3.0 and shown["ALM_W"] == 16 + 4096 and shown["CW_F1"] < 15.0
    assert table.held[unit] and table.held.sum() == 1
    plant.faults.clear("F05", path)
    for second in range(START_S + 16, START_S + 380):
        table.advance(second)
        model.step(second)
    assert not table.held[unit] and model.melts.power_kw[unit] > 50.0


def test_eight_hours_at_a_thousand_degrees_make_an_alloy_even():
    """By hand: exp(-8/3) = 0.0695; slope 0.25 + 1.2 s, capacity 1.40 - 0.25 s."""
    left = evened(1000.0, 8 * 3600.0)
    assert left == pytest.approx(math.exp(-8.0 / 3.0), rel=1e-9)
    assert slope(left) == pytest.approx(0.333, abs=0.001)
    assert capacity_wt(left, 0.0) == pytest.approx(1.383, abs=0.001)
    assert capacity_wt(left, 0.02) == pytest.approx(1.343, abs=0.001)


def test_a_cold_zone_spoils_the_slope():
    even, cold = soaks(np.full((1, 5), 1000.0)), soaks(np.array([[1000.0, 1000.0, 930.0, 1000.0, 1000.0]]))
    for s in (even, cold):
        for _ in range(8 * 120):
            step_soaks(s, s.zone_c.copy(), np.zeros(1, np.bool_), 30.0)
    assert slope(float(even.segregation.max())) < 0.35
    assert slope(float(cold.segregation.max())) > 0.6


@settings(max_examples=20, deadline=None)
@given(st.floats(30.0, 1050.0), st.floats(5.0, 30.0))
def test_zones_come_to_rest_at_their_set_point(set_c: float, dt_s: float):
    s = soaks(np.full((1, 5), 25.0))
    for _ in range(int(6 * 3600.0 / dt_s)):
        step_soaks(s, np.full((1, 5), set_c), np.zeros(1, np.bool_), dt_s)
    assert s.zone_c == pytest.approx(np.full((1, 5), set_c), abs=0.5)
    assert s.output_pct.min() >= 0.0 and s.output_pct.max() < 90.0


def test_a_furnace_that_cools_follows_its_ramp_with_its_heaters_low():
    s = soaks(np.full((1, 5), 1000.0))
    for at_s in range(0, 9000, 10):
        set_c = 1000.0 - 940.0 / 9000.0 * at_s
        step_soaks(s, np.full((1, 5), set_c), np.ones(1, np.bool_), 10.0)
        assert s.output_pct.max() < 45.0
        assert set_c < 120.0 or s.zone_c == pytest.approx(np.full((1, 5), set_c), abs=12.0)


def test_plateau_follows_van_t_hoff():
    """§8: 0.142 MPa at 20 °C, 0.176 at 25, 0.319 at 40, 0.649 at 60."""
    found = [pct_rig.plateau_mpa(celsius) for celsius in (20.0, 25.0, 40.0, 60.0)]
    assert found == pytest.approx([0.142, 0.176, 0.319, 0.649], abs=0.0006)


def measured(most_wt: float, steep: float, wide: float, dt_s: float) -> pct_rig.Isotherms:
    """A rig that has taken hydrogen up and given it off again."""
    r = pct_rig.isotherms(np.array([most_wt]), np.array([steep]), np.array([wide]))
    for phase, seconds in ((pct_rig.ABSORB, 9000.0), (pct_rig.DESORB, 8400.0)):
        for _ in range(int(seconds / dt_s)):
            pct_rig.step_isotherms(r, np.array([phase]), np.array([25.0]), dt_s)
    return r


@settings(max_examples=8, deadline=None)
@given(st.floats(1.2, 1.4), st.floats(0.25, 0.8), st.floats(0.1, 0.4), st.sampled_from((5.0, 10.0)))
def test_rig_reads_what_its_sample_is_and_loses_no_hydrogen(most_wt: float, steep: float, wide: float, dt_s: float):
    r = measured(most_wt, steep, wide, dt_s)
    assert math.sqrt(r.up_mpa[0] * r.down_mpa[0]) == pytest.approx(0.176, rel=0.02)
    assert math.log(r.up_mpa[0] / r.down_mpa[0]) == pytest.approx(wide, abs=0.03)
    assert math.log(r.three_quarters_mpa[0] / r.quarter_mpa[0]) == pytest.approx(steep, abs=0.02)
    assert 0.95 * most_wt < r.read_wt[0] <= most_wt + 1e-12
    full_mmol = pct_rig.gas_mmol(pct_rig.FULL_MPA, pct_rig.RESERVOIR_CM3, 25.0)
    held_mmol = r.reservoir_mmol[0] + r.cell_mmol[0] + pct_rig.MMOL_PER_WT * r.sample_wt[0]
    assert full_mmol - held_mmol == pytest.approx(r.vented_mmol[0], abs=1e-9)
    assert min(r.cell_mmol[0], r.sample_wt[0]) >= 0.0


@settings(max_examples=30, deadline=None)
@given(st.floats(1.0, 500.0), st.floats(50.0, 5000.0), st.floats(1.05, 3.0))
def test_more_energy_grinds_finer_and_the_work_index_is_what_it_takes(d50_um: float, kwh_t: float, more: float):
    size, coarse_um = np.array([d50_um]), np.array([D80_D50 * d50_um * 9.0])
    work = work_index_kwh_t(np.array([kwh_t]), size, coarse_um)
    assert ground_um(np.array([kwh_t]), work, coarse_um) == pytest.approx(size)
    assert ground_um(np.array([more * kwh_t]), work, coarse_um) < size


def test_oxygen_in_the_mill_oxidises_powder_and_a_stopped_mill_keeps_what_it_has():
    """§8: 0.02 % an hour at 1,000 ppm."""
    m = Mills(*(np.array([value]) for value in (60.0, 30.0, 12.0, 5000.0, 34.0, 0.0)))
    for _ in range(600):
        step_mills(m, np.array([55.0]), np.array([1000.0]), 60.0)
    assert m.oxygen_pct[0] == pytest.approx(0.02, rel=1e-3)
    before = m.d50_um.copy()
    step_mills(m, np.zeros(1), np.array([1000.0]), 60.0)
    assert m.d50_um == before


def cerium(cake_kg_h: float) -> Cake:
    oxide = 0.45 * cake_kg_h / 3600.0
    co2 = 0.3835 * oxide
    water = cake_kg_h / 3600.0 - oxide - (1.0 - OXYGEN_PER_CO2) * co2
    return Cake(*(np.array([value]) for value in (oxide, water, co2, OXYGEN_PER_CO2)))


def belt(cake_kg_h: float, zone_c: tuple[float, ...]) -> Calciners:
    c = calciners(1)
    run_calciners(c, cerium(cake_kg_h), np.array([zone_c]), 12 * 3600.0)
    return c


def test_a_calciner_burns_cake_through_and_a_cold_one_does_not():
    """45 % of 1,396 kg/h are 628 kg of oxide; with its last CO2 and water gone it loses less than 0.4 %."""
    c = belt(1396.0, ZONE_C)
    assert 360.0 * c.out_oxide_kg[0] == pytest.approx(628.2, rel=1e-3)
    assert c.loi_pct[0] < 0.4 < 0.8 < belt(1396.0, (*ZONE_C[:4], 640.0, 640.0, 600.0, 320.0)).loi_pct[0]
    assert c.gas_nm3_h.sum() > 1.5 * belt(704.0, ZONE_C).gas_nm3_h.sum()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.0, 2000.0), min_size=1, max_size=8), st.floats(1.0, 30.0))
def test_a_calciner_loses_no_mass(feeds: list[float], dt_s: float):
    c, came, went = belt(700.0, ZONE_C), 0.0, 0.0
    oxygen = np.array([OXYGEN_PER_CO2])
    began = held_kg(c, oxygen)[0]
    for cake_kg_h in feeds:
        for _ in range(20):
            step_calciners(c, cerium(cake_kg_h), np.array([ZONE_C]), dt_s)
            came += c.fed_kg[0] + c.oxygen_kg[0]
            went += c.out_kg[0] + c.steam_kg[0] + c.co2_kg[0]
    assert held_kg(c, oxygen)[0] - began == pytest.approx(came - went, abs=1e-6)
    assert min(c.water_kg.min(), c.co2_fast_kg.min(), c.co2_slow_kg.min(), c.oxide_kg.min()) >= 0.0


def test_steps_that_are_too_long_are_refused():
    flags, m = np.zeros(1, np.bool_), melting.melts(1)
    given_ = melting.MeltInputs(np.zeros(1, np.int64), np.zeros(1), np.ones(1), flags, np.zeros(1))
    with pytest.raises(TimeStepTooLong, match="up to 10 s"):
        melting.step_melts(m, given_, 20.0, 20.0)
    with pytest.raises(ValueError, match="up to 30 s"):
        step_soaks(soaks(np.ones((1, 5))), np.ones((1, 5)), flags, 60.0)
    with pytest.raises(ValueError, match="up to 10 s"):
        pct_rig.step_isotherms(pct_rig.isotherms(*np.ones((3, 1))), np.array([1]), np.array([25.0]), 11.0)
    with pytest.raises(ValueError, match="up to 30 s"):
        step_calciners(calciners(1), cerium(700.0), np.array([ZONE_C]), 31.0)
    with pytest.raises(ValueError, match="up to 300 s"):
        step_mills(Mills(*np.ones((6, 1))), np.ones(1), np.ones(1), 301.0)


WORKS = ("T_CALC", "T_PKG", "T_VIM", "T_ANN", "T_MILL", "T_PCT")


def test_four_hours_of_alloy_and_polishing_powder_closes_mass_and_rare_earth(plant: TwinPlant):
    plant.ledger.open()
    run_alone(plant, WORKS, 4 * 3600)
    moved = {(s.kind, s.source, s.target, s.goods): amount for s, amount in plant.ledger.moved()}
    assert moved[MASS, "S06", "S09", "AB5 alloy"] == pytest.approx(5.0 / 6.0, abs=0.11)
    assert moved[MASS, "S21", "S09", "Polishing powder"] == pytest.approx(2.5, abs=0.26)
    assert moved[MASS, "S17", "S21", "Ce carbonate"] == pytest.approx(5.58, abs=0.1)
    assert moved[REO, "S17", "S21", "Ce carbonate"] == pytest.approx(2.51, abs=0.05)
    assert 0.7 < moved[MASS, "S21", "AIR", "water vapour"] / (0.4 * 5.58) < 1.05
    for balance in plant.ledger.balances():
        if balance.site in ("S06", "S21") and balance.kind in (MASS, REO):
            assert balance.ok and balance.went > 0.2, f"{balance.id}: {balance.residual}"


def test_a_furnace_without_metal_waits_with_an_open_door(plant: TwinPlant):
    model = plant.models["T_VIM"]
    assert isinstance(model, InductionFurnaces) and model.goods is not None
    model.goods.metal.take(1e9)
    run_alone(plant, ("T_VIM",), 3 * 3600)
    waiting = model.timetable.held & (model.timetable.step == melting.CHARGE)
    assert waiting.any() and model.melts.to_charge_kg[waiting].max() == 0.0
    model.goods.metal.put(1.0, 1.1768)
    run = int(np.flatnonzero(waiting)[0])
    model.step(START_S + 3 * 3600 + 1)
    assert not model.timetable.held[run] and model.melts.to_charge_kg[run] > 290.0
