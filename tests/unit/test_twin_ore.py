"""Drying, acid roasting, recovery of acids and oxidation of scrap behave as domain reference §13 states."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.twin.ledger import MASS, REO, Ledger
from didymium.twin.particulars import Particulars
from didymium.twin.plant import TwinPlant
from didymium.twin.units import acid_recovery, dryer_drum, roasting_bed, scrap_bed
from didymium.twin.units.acid_recovery import recover
from didymium.twin.units.concentrate import GRADE, Dryers, Silos
from didymium.twin.units.gas_trains import GasTrains
from didymium.twin.units.kiln_panel import BED_CELLS, GAS_CELLS
from didymium.twin.units.reagent_store import Store
from didymium.twin.units.roasting import RotaryKilns
from didymium.twin.units.roasting_bed import (
    ACID,
    ACID_FED,
    BASTNAESITE,
    CONCENTRATE_KG_S,
    FED,
    HF,
    WEIGHED,
    BedInputs,
    Beds,
    empty_beds,
    react,
    residence_s,
    running_beds,
    step,
    usual_inputs,
)

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"
START_S = 1_763_700_000
SITES = ("S11", "S12", "S18", "S20")
DT_S = 10.0


@pytest.fixture(scope="module")
def northern() -> Complex:
    return read_complex(NORTHERN)


@pytest.fixture(scope="module")
def running(northern: Complex) -> TwinPlant:
    """The plant after two minutes."""
    twin = TwinPlant(northern, 7, START_S * 1_000_000)
    twin.ledger.open()
    twin.advance(START_S + 120)
    return twin


def reading(twin: TwinPlant, path: str) -> float:
    return float(twin.values[twin.complex.tags.row_of[path]])


def a_day(twin: TwinPlant, source: str, target: str, goods: str, kind: str = MASS) -> float:
    """t/d, of two minutes."""
    wanted = (kind, source, target, goods)
    return sum(720 * t for s, t in twin.ledger.moved() if (s.kind, s.source, s.target, s.goods) == wanted)


def roast(beds: Beds, inputs: BedInputs, seconds: float, dt_s: float = DT_S) -> None:
    for _ in range(round(seconds / dt_s)):
        step(beds, inputs, dt_s)


def test_a_kiln_in_steady_running_makes_a_third_of_1010_tonnes_of_well_decomposed_ore():
    beds = running_beds(1, DT_S)
    out = beds.out_kg[0]
    assert out[FED] * 8640 / 1000 == pytest.approx(542 / 3, rel=1e-9)
    assert out[:WEIGHED].sum() * 8640 / 1000 == pytest.approx(1010 / 3, rel=1e-5)
    assert beds.decomposed[0] >= 0.95 and 0.06 < beds.free_acid[0] < 0.14
    assert 200.0 < beds.bed_c[0, BED_CELLS[0]] < 250.0 and 350.0 < beds.bed_c[0, BED_CELLS[5]] < 450.0
    assert (beds.gas_c[0, GAS_CELLS] > 600.0).all() and (beds.gas_c[0, GAS_CELLS] < 850.0).all()


def test_seven_percent_of_fluorine_are_74_kg_of_fluoride_a_tonne_and_40_tonnes_a_day():
    beds = running_beds(1, DT_S)
    kg_t = 1000.0 * beds.gas_kg[0, HF] / beds.fed_kg[0, FED]
    complete = kg_t / beds.decomposed[0] * 0.07 / roasting_bed.FLUORINE_SHARE
    assert complete == pytest.approx(74.0, abs=0.5)
    assert complete * 542 / 1000 == pytest.approx(40.0, abs=0.3)


def test_the_bed_is_on_its_way_for_two_hours_with_a_peclet_number_of_sixty():
    """By hand: 1.77 sqrt(40) 30 / (1.4 * 2.4 * 0.82) = 121.9 min; 30 mixed cells spread by 1/30 of the time squared."""
    seconds = float(residence_s(np.array([roasting_bed.RPM]))[0])
    assert seconds == pytest.approx(121.9 * 60, rel=0.001)
    assert residence_s(np.array([2 * roasting_bed.RPM]))[0] == pytest.approx(seconds / 2)
    beds, inputs = running_beds(1, DT_S), usual_inputs(1)
    inputs.reo[:] *= 1.01
    step(beds, inputs, DT_S)
    inputs.reo[:] = roasting_bed.REO_SHARE
    usual = beds.fed_kg[0, roasting_bed.REO] / 1.01
    leaving = []
    for _ in range(round(3 * seconds / DT_S)):
        step(beds, inputs, DT_S)
        leaving.append(beds.out_kg[0, roasting_bed.REO] - usual)
    share, time_s = np.array(leaving) / sum(leaving), DT_S * (1.0 + np.arange(len(leaving)))
    mean_s = float(share @ time_s)
    assert mean_s == pytest.approx(seconds, rel=0.01)
    assert 2.0 * mean_s**2 / float(share @ (time_s - mean_s) ** 2) == pytest.approx(60.0, rel=0.06)


@pytest.mark.parametrize(("ratio", "speed"), [(1.4, 1.0), (1.35, 1.0), (0.675, 0.5), (0.0, 0.0)])
def test_ore_is_decomposed_as_fast_as_temperature_and_acid_say(ratio: float, speed: float):
    """dX/dt = k0 exp(-85e3 / RT) (1 - X) min(1, r / 1.35)."""
    m, gas = np.zeros(roasting_bed.SPECIES), np.zeros(roasting_bed.GASES)
    m[BASTNAESITE], m[ACID], m[FED], m[ACID_FED] = 500.0, 2000.0, 1000.0, 1000.0 * ratio
    react(m, 400.0, 30.0, gas)
    rate = roasting_bed.DECOMPOSING_S * np.exp(-85e3 / (8.314 * 673.15)) * speed
    assert m[BASTNAESITE] == pytest.approx(500.0 * np.exp(-rate * 30.0), rel=1e-9)


def test_a_tripped_acid_pump_shows_in_the_decomposition_while_the_ore_is_on_its_way():
    beds, inputs = running_beds(2, DT_S), usual_inputs(2)
    inputs.acid_kg_s[0] = 0.0
    roast(beds, inputs, 20 * 60)
    assert beds.decomposed[0] == pytest.approx(beds.decomposed[1], abs=0.001)
    seconds = 20 * 60
    while beds.decomposed[0] > 0.93:
        roast(beds, inputs, 60)
        seconds += 60
    assert 0.4 * 7313 < seconds < 7313
    assert beds.decomposed[1] == pytest.approx(0.966, abs=0.001)


def test_colder_ore_is_decomposed_less_and_keeps_more_acid():
    beds, inputs = running_beds(2, DT_S), usual_inputs(2)
    inputs.fuel_nm3_h[0] *= 0.9
    roast(beds, inputs, 4 * 3600, 40.0)
    assert beds.decomposed[0] < beds.decomposed[1] - 0.01
    assert beds.free_acid[0] > beds.free_acid[1] + 0.01
    assert beds.gas_kg[0, HF] < beds.gas_kg[1, HF]


def test_a_gap_in_the_feed_leaves_the_kiln_two_hours_later_and_is_gone():
    beds, inputs = running_beds(1, DT_S), usual_inputs(1)
    usual, out = beds.out_kg[0, :WEIGHED].sum(), []
    roast(beds, inputs._replace(concentrate_kg_s=np.zeros(1), acid_kg_s=np.zeros(1)), 600)
    assert beds.out_kg[0, :WEIGHED].sum() == pytest.approx(usual, rel=0.005)
    for _ in range(1800):
        step(beds, inputs, DT_S)
        out.append(beds.out_kg[0, :WEIGHED].sum() / usual)
    assert 1.6 * 360 < int(np.argmin(out)) < 2.1 * 360 and min(out) < 0.9
    assert out[-1] == pytest.approx(1.0, abs=0.002)


@given(
    steps=st.lists(
        st.tuples(st.floats(0, 2), st.floats(0, 2), st.floats(0.5, 0.98), st.floats(0, 1.3), st.floats(0.2, 1.2)),
        min_size=1,
        max_size=12,
    ),
    dt_s=st.sampled_from((1.0, 10.0, 40.0)),
    empty=st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_kilns_lose_nothing_hold_nothing_negative_and_their_heat_closes(
    steps: list[tuple[float, float, float, float, float]], dt_s: float, empty: bool
):
    beds, inputs = empty_beds(1) if empty else running_beds(1, DT_S), usual_inputs(1)
    held_kg, held_reo_kg = beds.mass_kg[0], beds.reo_kg[0]
    for ore, acid, strength, fire, speed in steps:
        inputs.concentrate_kg_s[:], inputs.acid_kg_s[:] = ore * CONCENTRATE_KG_S, acid * 1.4 * CONCENTRATE_KG_S
        inputs.strength[:], inputs.rpm[:] = strength, speed * roasting_bed.RPM
        inputs.fuel_nm3_h[:], inputs.air_nm3_h[:] = fire * roasting_bed.FUEL_NM3_H, fire * roasting_bed.AIR_NM3_H
        for _ in range(20):
            step(beds, inputs, dt_s)
            held_kg += beds.fed_kg[0, :WEIGHED].sum() - beds.out_kg[0, :WEIGHED].sum() - beds.gas_kg[0].sum()
            held_reo_kg += beds.fed_kg[0, roasting_bed.REO] - beds.out_kg[0, roasting_bed.REO]
            given_kw = beds.bed_kw[0] + beds.shell_kw[0] + beds.tail_kw[0]
            assert given_kw == pytest.approx(beds.fired_kw[0], abs=1e-6)
    assert beds.mass_kg[0] == pytest.approx(held_kg, abs=1e-6)
    assert beds.reo_kg[0] == pytest.approx(held_reo_kg, abs=1e-6)
    assert beds.content.min() >= -1e-12 and beds.gas_kg.min() >= -1e-12
    assert beds.bed_c.min() > 0.0 and beds.bed_c.max() < 1200.0


def test_an_empty_kiln_comes_to_the_same_state_with_any_step():
    short, long = running_beds(1, DT_S), running_beds(1, 40.0)
    assert long.decomposed == pytest.approx(short.decomposed, abs=0.004)
    assert long.mass_kg == pytest.approx(short.mass_kg, rel=0.002)
    before = short.out_kg.copy()
    roast(short, usual_inputs(1), 3600)
    assert short.out_kg == pytest.approx(before, rel=1e-6)


@pytest.mark.parametrize("dt_s", [0.0, -1.0, 41.0])
def test_steps_that_the_physics_do_not_bear_are_refused(dt_s: float):
    with pytest.raises(ValueError, match="beds advance by up to 40 s a step"):
        step(running_beds(1, DT_S), usual_inputs(1), dt_s)
    with pytest.raises(ValueError, match="a bed of scrap advances by up to 40 s"):
        scrap_bed.step(scrap_bed.running_beds(1, DT_S), scrap_bed.usual_inputs(1), dt_s)
    with pytest.raises(ValueError, match="drums advance by up to 40 s"):
        dryer_drum.step(dried(0.104), np.zeros((1, 3)), np.array(dryer_drum.ZONE_C), dt_s)
    fast = usual_inputs(1)._replace(rpm=np.full(1, 12.0))
    with pytest.raises(ValueError, match="do not bear steps of 10 s"):
        step(running_beds(1, DT_S), fast, DT_S)


def wet(moisture: float) -> np.ndarray:
    t = 542.0 / 8640.0
    return np.array([[t * (1 - moisture), t * moisture, GRADE * t * (1 - moisture)]])


def dried(moisture: float) -> dryer_drum.Drums:
    return dryer_drum.running_drums(wet(moisture), DT_S)


def test_the_dryer_takes_concentrate_from_10_4_to_0_55_percent_of_water():
    """By hand: 542 (1 - 0.896 / 0.9945) = 53.7 t/d of vapour."""
    drums = dried(0.104)
    assert drums.moisture[0] == pytest.approx(0.0055, abs=2e-5)
    assert drums.vapour_t[0] * 8640 == pytest.approx(53.68, abs=0.05)
    assert drums.gas_nm3_h[0] / (542 / 24) == pytest.approx(25.0, abs=2.5)


def test_a_dryer_whose_gas_valve_is_open_lets_wet_concentrate_pass():
    assert dried(0.12).moisture[0] < 0.01
    wetter = dried(0.14)
    assert wetter.gas_nm3_h[0] == pytest.approx(dryer_drum.MOST_GAS_NM3_H) and wetter.moisture[0] > 0.01


@given(
    loads=st.lists(st.tuples(st.floats(0, 0.3), st.floats(0, 0.3)), max_size=20),
    dt_s=st.sampled_from((1.0, 10.0, 40.0)),
)
@settings(max_examples=30, deadline=None)
def test_the_dryer_loses_nothing(loads: list[tuple[float, float]], dt_s: float):
    drums = dried(0.104)
    held_t = drums.mass_t[0]
    for mass_t, moisture in loads:
        fed = np.array([[mass_t * (1 - moisture), mass_t * moisture, 0.5 * mass_t * (1 - moisture)]])
        dryer_drum.step(drums, fed, np.array(dryer_drum.ZONE_C), dt_s)
        held_t += mass_t - drums.out_t[0, :2].sum() - drums.vapour_t[0]
    assert drums.mass_t[0] == pytest.approx(held_t, abs=1e-12) and drums.content.min() >= 0.0


def test_scrap_takes_up_the_oxygen_that_its_metals_bind():
    """By hand: of 19 t/d, 3.04 t of rare earth take 0.1674 and 8.55 t of iron 0.4297 of their mass."""
    beds = scrap_bed.running_beds(1, DT_S)
    out_t_d = beds.out_kg[0] * 8.64
    burnt = scrap_bed.SCRAP[:2] * 19.0 - out_t_d[:2]
    assert beds.oxygen_kg[0] * 8.64 == pytest.approx(0.1674 * burnt[0] + 0.4297 * burnt[1], rel=0.001)
    assert out_t_d[scrap_bed.REO] == pytest.approx(5.5, rel=1e-6) and out_t_d[scrap_bed.FED] == pytest.approx(19.0)
    whole_t_d = out_t_d[: scrap_bed.WEIGHED].sum()
    assert whole_t_d == pytest.approx(19.0 + 8.64 * (beds.oxygen_kg[0] - beds.steam_kg[0]), rel=1e-6)
    assert 0.95 < beds.oxidised[0] < 0.99


def test_scrap_under_a_low_fire_keeps_its_iron_and_loses_nothing():
    beds, inputs = scrap_bed.running_beds(1, DT_S), scrap_bed.usual_inputs(1)
    held_kg = beds.mass_kg[0]
    inputs.fire[:] = 0.25
    for _ in range(540):
        scrap_bed.step(beds, inputs, 40.0)
        held_kg += beds.fed_kg[0, :6].sum() + beds.oxygen_kg[0] - beds.steam_kg[0] - beds.out_kg[0, :6].sum()
    assert beds.mass_kg[0] == pytest.approx(held_kg, abs=1e-6) and beds.content.min() >= 0.0
    assert beds.oxidised[0] < 0.3


def recovered(gas_kg: np.ndarray, flow: float) -> np.ndarray:
    out = np.zeros((len(gas_kg), acid_recovery.RECOVERED))
    recover(gas_kg, np.full(len(gas_kg), flow), out)
    return out


def test_recovered_acids_have_their_strength_and_the_stack_its_traces():
    gas = running_beds(1, DT_S).gas_kg
    (kg,) = recovered(gas, 1.0)
    assert kg[acid_recovery.STRONG_KG] * 0.68 == pytest.approx(gas[0, roasting_bed.ACID_GAS], rel=0.001)
    assert kg[acid_recovery.WEAK_KG] * 0.175 == pytest.approx(gas[0, HF], rel=0.001)
    per_mg_m3 = 1e6 / (46_000.0 * DT_S / 3600.0)
    traces = [kg[k] * per_mg_m3 for k in (acid_recovery.TAIL_HF_KG, acid_recovery.TAIL_SULPHUR_KG)]
    assert traces == pytest.approx([1.4, 92.0], rel=0.01)
    (fast,) = recovered(gas, 1.5)
    assert fast[acid_recovery.TAIL_HF_KG] > 2.0 * kg[acid_recovery.TAIL_HF_KG]


@given(gas=st.lists(st.floats(0, 100), min_size=6, max_size=6), flow=st.floats(0, 3))
def test_recovery_loses_nothing(gas: list[float], flow: float):
    (kg,) = recovered(np.array([gas]), flow)
    came = sum(gas) + kg[acid_recovery.WATER_KG] + kg[acid_recovery.LIME_KG]
    went = kg[[acid_recovery.STRONG_KG, acid_recovery.WEAK_KG, acid_recovery.CAKE_KG, acid_recovery.TAIL_KG]].sum()
    assert came == pytest.approx(went, abs=1e-9) and kg.min() >= -1e-9


@given(taken=st.lists(st.floats(0, 5), max_size=200), opening_t=st.floats(0, 300))
@settings(max_examples=50, deadline=None)
def test_stores_are_filled_up_by_what_is_bought_and_never_below_nought(taken: list[float], opening_t: float):
    ledger = Ledger()
    drain, bought = ledger.stream(MASS, "S18", "S13", "x"), ledger.stream(MASS, "MARKET", "S18", "x")
    store = Store(opening_t, 200.0, 0.0, [drain], [(bought, 1.0)])
    for tonnes in taken:
        drain.add(tonnes)
        store.buy(store.settle(DT_S), DT_S)
        assert store.content_t >= -1e-9
        assert store.content_t == pytest.approx(opening_t + bought.amount - drain.amount, abs=1e-9)
    assert store.content_t <= max(opening_t, 215.0) + 1e-9


def test_the_day_of_ore_comes_out_as_planned_and_every_site_balances(running: TwinPlant):
    planned = {
        ("S11", "S12", "dried concentrate"): 542.0,
        ("S18", "S12", "sulphuric acid"): 758.8,
        ("S12", "S13", "roasted ore"): 1010.0,
        ("S09", "S20", "scrap"): 19.0,
        ("S11", "AIR", "water vapour"): 53.7,
    }
    assert {flow: a_day(running, *flow) for flow in planned} == {
        flow: pytest.approx(t_d, rel=0.001) for flow, t_d in planned.items()
    }
    assert a_day(running, "S11", "S12", "dried concentrate", REO) == pytest.approx(315.0, rel=0.001)
    balances = [each for each in running.ledger.balances() if each.site in SITES and each.kind in (MASS, REO)]
    assert len(balances) == 7 and all(each.ok for each in balances)


def test_what_the_scrap_kiln_made_is_offered_to_the_leach(running: TwinPlant):
    kilns = running.models["T_RKILN"]
    assert isinstance(kilns, RotaryKilns)
    assert kilns.made_reo_t * 720 == pytest.approx(5.5, rel=0.001)
    assert kilns.made_t * 720 == pytest.approx(21.7, rel=0.005)


def test_silos_are_filled_in_turn_and_drawn_alike(running: TwinPlant):
    silos = running.models["T_SILO"]
    assert isinstance(silos, Silos)
    states = [reading(running, f"S11.SILO.SILO{k:03d}.STATE") for k in range(1, 7)]
    assert sorted(states) == [1.0, 3.0, 3.0, 3.0, 3.0, 3.0]
    before = silos.content[:, :2].sum(axis=1)
    got = silos.draw(0.6)
    assert got[:2].sum() == pytest.approx(0.6) and before - silos.content[:, :2].sum(axis=1) == pytest.approx([0.1] * 6)
    silos.content[0] *= 0.0
    assert silos.draw(0.6)[:2].sum() == pytest.approx(0.6)
    rest_t = silos.content[:, :2].sum()
    assert silos.draw(1e6)[:2].sum() == pytest.approx(rest_t) and abs(silos.content).max() < 1e-9


def test_wagons_bring_what_the_dryer_takes(running: TwinPlant):
    dryers = running.models["T_DRY"]
    assert isinstance(dryers, Dryers)
    running.ledger.open()
    for second in range(START_S, START_S + 4 * 3600, 10):
        dryers.step(second)
    assert a_day(running, "MINE", "S11", "wet concentrate") / 720 == 60.0
    assert a_day(running, "MINE", "S11", "wet concentrate", REO) / 720 == pytest.approx(60 * 0.896 * GRADE, rel=0.05)
    assert all(each.ok for each in running.ledger.balances() if each.site == "S11")


def test_kilns_roast_what_little_is_left_in_the_silos(northern: Complex):
    stocks = {("S11", "dried concentrate"): 0.05, ("S18", "sulphuric acid"): 0.0, ("S18", "fresh sulphuric acid"): 0.0}
    twin = TwinPlant(northern, 7, START_S * 1_000_000, Particulars(stocks=stocks))
    dryers, trains = twin.models["T_DRY"], twin.models["T_OFFGAS"]
    assert isinstance(dryers, Dryers) and isinstance(trains, GasTrains) and trains.acid_plant is not None
    twin.ledger.open()
    twin.advance(START_S + 60)
    assert reading(twin, "S11.DRY.DRY001.FEED_TPH") == pytest.approx(1.1 * 542 / 24, rel=0.02)
    assert all(each.ok for each in twin.ledger.balances() if each.site in SITES)
    assert min(store.content_t for store in trains.acid_plant.stores.values()) > -1e-9


def test_empty_silos_stop_concentrate_and_acid(northern: Complex):
    twin = TwinPlant(northern, 7, START_S * 1_000_000)
    silos, dryers = twin.models["T_SILO"], twin.models["T_DRY"]
    assert isinstance(silos, Silos) and isinstance(dryers, Dryers)
    silos.content[:] = dryers.drums.content[:] = 0.0
    dryers.share = 0.0
    twin.ledger.open()
    twin.advance(START_S + 40)
    kiln = "S12.ROAST.RKILN001"
    assert reading(twin, f"{kiln}.CONC_TPH") < 1.5 and reading(twin, f"{kiln}.ACID_TPH") < 2.0
    assert reading(twin, f"{kiln}.RATIO") == pytest.approx(1.4, abs=0.05)
    assert all(each.ok for each in twin.ledger.balances() if each.site in SITES)


def test_lost_draught_stops_the_feed_of_one_kiln_and_its_bed_goes_on(northern: Complex):
    """F15: what comes out falls only when the gap comes to the head."""
    twin = TwinPlant(northern, 7, START_S * 1_000_000)
    unit, other = twin.faults.places("F15")[:2]
    twin.ledger.open()
    twin.faults.inject("F15", unit, None, START_S)
    twin.advance(START_S + 180)
    fed_t = sum(t for s, t in twin.ledger.moved() if (s.kind, s.goods) == (MASS, "dried concentrate"))
    third_t = 542 / 86_400 / 3 * 180
    assert 2.0 * third_t < fed_t < 2.25 * third_t
    assert reading(twin, f"{unit}.OUT_TPH") == pytest.approx(reading(twin, f"{other}.OUT_TPH"), rel=0.03)
    assert reading(twin, f"{unit}.GAS_T4") < reading(twin, f"{other}.GAS_T4") - 100.0
    assert all(each.ok for each in twin.ledger.balances() if each.site in SITES)
