"""The warehouse of S09, the magnet pilot S22, the supplies of S23, and their books (domain reference §11, §14-§16)."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.twin.faults import Faults
from didymium.twin.ledger import MASS, POWER, REO, Ledger
from didymium.twin.plant import TwinPlant
from didymium.twin.stocks import STOCKS
from didymium.twin.unit_type import Surroundings
from didymium.twin.units.decrepitation import beds, begin, free_nm3, step_beds, taken_nm3
from didymium.twin.units.hydrogen_station import EXCHANGED_MPA, FULL_MPA, HydrogenStations
from didymium.twin.units.magnets import DecrepitationFurnaces
from didymium.twin.units.store import Store
from didymium.twin.units.trade import Weighbridges
from didymium.twin.units.warehouse import AT_LEAST_T, BAYS, GOODS, Warehouse

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"
START_S = 1_763_700_000
DAY_S = 86_400
Moved = dict[tuple[str, str, str, str], float]


@pytest.fixture(scope="module")
def northern() -> Complex:
    return read_complex(NORTHERN)


@pytest.fixture
def plant(northern: Complex) -> TwinPlant:
    return TwinPlant(northern, 7, START_S * 1_000_000)


def moved(ledger: Ledger) -> Moved:
    return {(s.kind, s.source, s.target, s.goods): amount for s, amount in ledger.moved()}


def assert_closed(plant: TwinPlant, *sites: str) -> None:
    closed = {b.id: b.ok for b in plant.ledger.balances() if b.site in sites and b.kind in (MASS, REO)}
    assert closed and all(closed.values()), closed


def run_alone(plant: TwinPlant, templates: tuple[str, ...], seconds: int) -> None:
    """Advance the models of some templates and their timetables, and no other unit of the plant."""
    models = [plant.models[template] for template in templates]
    timetables = [t for t in (getattr(model, "timetable", None) for model in models) if t is not None]
    for second in range(START_S + 1, START_S + seconds + 1):
        for timetable in timetables:
            timetable.advance(second)
        for model in models:
            model.step(second)


def bridges_of(plant: TwinPlant) -> tuple[Weighbridges, Warehouse]:
    model = plant.models["T_WB"]
    assert isinstance(model, Weighbridges) and model.warehouse is not None
    return model, model.warehouse


def warehouse() -> tuple[Warehouse, Ledger]:
    """A warehouse that no plant stands around."""
    around = Surroundings(1, START_S, np.zeros(0), np.zeros(0), Faults([]))
    return Warehouse(around), around.ledger


def balanced(ledger: Ledger) -> bool:
    return all(balance.ok for balance in ledger.balances())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-5.0, 120.0), st.floats(0.0, 1.0)), max_size=30))
def test_a_store_is_well_mixed_and_never_negative(turns: list[tuple[float, float]]):
    store, t, reo_t = Store(10.0, 4.0), 10.0, 4.0
    for amount_t, share in turns:
        if amount_t > 60.0:
            store.put(amount_t, share * amount_t)
            t, reo_t = t + amount_t, reo_t + share * amount_t
        else:
            ratio = store.reo_t / store.t if store.t > 0.0 else 0.0
            taken_t, taken_reo_t = store.take(amount_t)
            assert 0.0 <= taken_t <= max(0.0, amount_t) + 1e-12
            assert taken_reo_t == pytest.approx(ratio * taken_t)
            t, reo_t = t - taken_t, reo_t - taken_reo_t
        assert store.t >= 0.0 and store.reo_t >= 0.0
    assert (store.t, store.reo_t) == pytest.approx((t, reo_t), abs=1e-9)


def test_the_day_on_the_bridges_is_what_leaves_the_warehouse(plant: TwinPlant):
    model, stock = bridges_of(plant)
    plant.ledger.open()
    tickets_kg, shown = 0.0, model.bank.aim("NET").copy()
    for second in range(START_S + 1, START_S + DAY_S + 1):
        model.timetable.advance(second)
        model.step(second)
        net = model.bank.aim("NET")
        if (net != shown).any():
            tickets_kg += float(net[net != shown].sum())
            shown = net.copy()
    found = moved(plant.ledger)
    sold_t = sum(a for (kind, source, target, goods), a in found.items() if (kind, source, target) == (MASS, "S09", "MARKET") and not goods.endswith("by rail"))  # fmt: skip # noqa: E501
    assert sold_t == pytest.approx(0.001 * tickets_kg)
    assert sold_t == pytest.approx(500.0, abs=12.0)
    assert all(store.t >= 0.0 for store in stock.stock.values())
    assert_closed(plant, "S09")


def test_bays_hold_what_the_warehouse_holds(plant: TwinPlant):
    _, stock = bridges_of(plant)
    bays = plant.models["T_BAY"].bank  # type: ignore[attr-defined]
    assert len(BAYS) == len(bays) == 24
    stock.stock["NdFeB flakes"].put(100.0, 34.7)
    run_alone(plant, ("T_WB", "T_BAY"), 60)
    weight_t = bays.aim("WT")
    assert weight_t.sum() == pytest.approx(sum(store.t for store in stock.stock.values()))
    flakes = [bay for bay, goods in enumerate(BAYS) if goods == "NdFeB flakes"]
    assert weight_t[flakes].sum() == pytest.approx(stock.stock["NdFeB flakes"].t)
    assert bays.aim("OCC") == pytest.approx(weight_t / 4.0)
    assert bays.aim("OCC").max() < 95.0


def test_a_truck_takes_packed_goods_that_stand_high_before_goods_in_bulk():
    stock, ledger = warehouse()
    stock.stock["carbonate"].put(200.0, 90.0)
    assert stock.ship(16.0) != "carbonate"
    stock.stock["Motors"].put(20.0, 0.4)
    assert stock.ship(16.0) == "Motors"
    for store in stock.stock.values():
        store.take(20.0)
    ledger.open()
    assert stock.ship(16.0) == "carbonate"
    assert balanced(ledger)


def test_a_warehouse_without_anything_buys_what_it_ships():
    stock, ledger = warehouse()
    for store in stock.stock.values():
        store.take(1e9)
    ledger.open()
    assert stock.ship(17.0) == "traded goods"
    found = moved(ledger)
    assert found[MASS, "MARKET", "S09", "traded goods"] == found[MASS, "S09", "MARKET", "traded goods"] == 17.0
    assert stock.stock["traded goods"].t == pytest.approx(0.0, abs=1e-12)
    assert balanced(ledger)


def test_what_is_drawn_is_bought_by_the_truck():
    stock, ledger = warehouse()
    drawn = (
        ledger.stream(MASS, "S09", "S04", "PrNd oxide, bought"),
        ledger.stream(REO, "S09", "S04", "PrNd oxide, bought"),
    )
    for stream in drawn:
        stream.add(40.0)
    ledger.open()
    stock.step()
    assert stock.deliver() == 28.0
    assert stock.deliver() == pytest.approx(12.0, abs=0.02)
    assert stock.deliver() == 0.0
    assert moved(ledger)[REO, "MARKET", "S09", "PrNd oxide, bought"] == pytest.approx(40.0, abs=0.02)
    assert balanced(ledger)


def test_goods_in_bulk_that_outgrow_their_bays_go_by_rail():
    stock, ledger = warehouse()
    ledger.open()
    ledger.stream(MASS, "S17", "S09", "carbonate").add(400.0)
    ledger.stream(REO, "S17", "S09", "carbonate").add(180.0)
    stock.step()
    usual_t = STOCKS["S09", "carbonate"].usual_t
    assert stock.stock["carbonate"].t == pytest.approx(usual_t)
    assert moved(ledger)[MASS, "S09", "MARKET", "carbonate, by rail"] == pytest.approx(400.0)
    assert moved(ledger)[REO, "S09", "MARKET", "carbonate, by rail"] == pytest.approx(180.0)
    assert balanced(ledger)


SENT = ("NdFeB flakes", "salt crystals", "something new", "magnet scrap", "oxide")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.floats(0.01, 30.0)), max_size=60))
def test_no_stock_is_ever_negative_and_the_books_close(turns: list[tuple[int, float]]):
    stock, ledger = warehouse()
    ledger.open()
    for what, t in turns:
        if what < len(SENT):
            ledger.stream(MASS, "S05", "S09", SENT[what]).add(t)
            ledger.stream(REO, "S05", "S09", SENT[what]).add(0.3 * t)
        elif what == 5:
            drawn_t = min(t, AT_LEAST_T - 1.0)
            ledger.stream(MASS, "S09", "S20", "scrap").add(drawn_t)
            ledger.stream(REO, "S09", "S20", "scrap").add(0.29 * drawn_t)
        elif what == 6:
            stock.ship(t)
        else:
            stock.deliver()
        stock.step()
        assert all(store.t >= 0.0 and store.reo_t >= 0.0 for store in stock.stock.values())
        assert all(
            stock.stock[name].t >= AT_LEAST_T for name, goods in GOODS.items() if goods.bought and not goods.sold
        )
    assert balanced(ledger)


def test_a_charge_takes_its_hydrogen_in_two_hours_and_heats_itself():
    """§14: 0.38 to 0.42 %, 4.4 Nm³ for 100 kg; it heats itself, to less than the 330 °C of the interlock."""
    b, valve = beds(1), np.ones(1, np.bool_)
    begin(b, 0, 244.4)
    flowed_nm3 = hottest_c = 0.0
    for second in range(1, 7201):
        step_beds(b, valve, 1.0)
        flowed_nm3 += b.flow_nm3_h[0] / 3600.0
        hottest_c = max(hottest_c, float(b.bed_c[0]))
        assert second < 60 or 0.12 < b.gas_mpa[0] < 0.13
    assert 0.38 < b.uptake_wt[0] < 0.42
    assert flowed_nm3 - free_nm3(b, 0) == pytest.approx(2.444 * 4.4, rel=0.02)
    assert 150.0 < hottest_c < 280.0


@settings(max_examples=20, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=40), st.floats(1.0, 30.0), st.floats(50.0, 600.0))
def test_hydrogen_that_flows_in_is_in_the_charge_or_over_it(turns: list[bool], dt_s: float, charge_kg: float):
    b = beds(1)
    begin(b, 0, charge_kg)
    flowed_nm3 = 0.0
    for is_open in turns:
        before = float(b.uptake_wt[0])
        step_beds(b, np.array([is_open]), dt_s)
        flowed_nm3 += b.flow_nm3_h[0] * dt_s / 3600.0
        assert 0.0 <= b.gas_mpa[0] < 0.13 and before <= b.uptake_wt[0] <= 0.425
        assert is_open or (b.flow_nm3_h[0] == 0.0 and b.uptake_wt[0] == before)
    assert taken_nm3(b, 0) == pytest.approx(flowed_nm3, abs=1e-9)


PILOT = ("T_STN", "T_SC", "T_HD", "T_MILL", "T_SINT", "T_H2STN")


def test_six_hours_of_the_pilot_take_flakes_and_hydrogen_and_give_magnets(plant: TwinPlant):
    """3.2 t of flakes a day, 0.4 % of hydrogen on them, 3 t of magnets; what is not a magnet is scrap."""
    model = plant.models["T_HD"]
    assert isinstance(model, DecrepitationFurnaces) and model.goods is not None
    plant.ledger.open()
    run_alone(plant, PILOT, 6 * 3600)
    found = moved(plant.ledger)
    assert found[MASS, "S05", "S22", "NdFeB flakes"] == pytest.approx(0.8, rel=0.06)
    assert found[MASS, "S23", "S22", "hydrogen"] == pytest.approx(0.25 * 3200.0 * 0.044 * 8.988e-5, rel=0.25)
    magnets_t = found[MASS, "S22", "S07", "Magnets"] + found[MASS, "S22", "S09", "Magnets"]
    assert magnets_t <= 0.84 * 3 and found[MASS, "S22", "S09", "magnet scrap"] > 0.005
    assert 0.002 < found[MASS, "S22", "AIR", "hydrogen"] < 0.005
    assert_closed(plant, "S22", "S05", "S07")
    assert model.goods.flakes.t == pytest.approx(12.0, abs=0.6)


def test_a_pilot_without_flakes_waits_and_goes_on_when_some_come(plant: TwinPlant):
    model = plant.models["T_HD"]
    assert isinstance(model, DecrepitationFurnaces) and model.goods is not None
    model.goods.flakes.take(1e9)
    plant.ledger.open()
    run_alone(plant, ("T_HD",), 6 * 3600)
    waiting = model.timetable.held
    assert waiting.any() and all(model.goods.charged[f].t == 0.0 for f in np.flatnonzero(waiting))
    assert_closed(plant, "S22")
    model.goods.flakes.put(1.0, 0.347)
    model.step(START_S + 6 * 3600 + 1)
    assert not model.timetable.held.any()
    assert sum(charge.t for charge in model.goods.charged) > 0.2


def test_trailers_are_drawn_one_by_one_and_exchanged_when_low(plant: TwinPlant):
    model = plant.models["T_H2STN"]
    assert isinstance(model, HydrogenStations) and model.trailers is not None
    plant.ledger.open()
    trailers = model.trailers
    low = int(trailers.mpa.argmin())
    trailers.leak(200.0 * (float(trailers.mpa[low]) - EXCHANGED_MPA + 0.01))
    before_t = trailers.held_t()
    model.step(START_S + 10)
    assert trailers.mpa[low] == FULL_MPA
    assert trailers.held_t() - before_t == pytest.approx(moved(plant.ledger)[MASS, "MARKET", "S23", "hydrogen"])
    assert moved(plant.ledger)[MASS, "S23", "AIR", "hydrogen, leaked"] > 0.1
    assert_closed(plant, "S23")


def test_without_its_station_the_pilot_gets_no_hydrogen(plant: TwinPlant):
    furnaces, station = plant.models["T_HD"], plant.models["T_H2STN"]
    assert isinstance(furnaces, DecrepitationFurnaces) and isinstance(station, HydrogenStations)
    plant.advance(START_S + 2)
    assert furnaces.bank.aim("H2_F").max() > 0.5
    plant.faults.inject("F21", "S23.H2.H2STN001", 100.0, START_S + 2)
    plant.advance(START_S + 30)
    assert station.halls.tripped.all()
    assert furnaces.bank.aim("H2_F").max() == 0.0
    plant.faults.clear("F21", "S23.H2.H2STN001")
    run_in_s = range(START_S + 31, START_S + 700)
    for second in run_in_s:
        station.bank.now("LEL[]")[:] = station.bank.aim("LEL[]")
        for model in (furnaces, station):
            model.step(second)
    assert not station.halls.tripped.any()
    assert furnaces.bank.aim("H2_F").max() > 0.5


def test_the_whole_plant_draws_water_and_power_that_s23_supplies(plant: TwinPlant):
    """The bays of the substation carry what the sites' meters show; wells give what the sites and towers take."""
    plant.ledger.open()
    plant.faults.inject("F21", "S22.HD.HD001", 20.0, START_S)
    plant.advance(START_S + 180)
    at = {path: float(plant.values[row]) for path, row in plant.complex.tags.row_of.items()}
    bays_mw = sum(at[f"S23.POWER.SUBST{n:03d}.P"] for n in range(1, 7))
    meters_mw = sum(value for path, value in at.items() if path.endswith(".COM.COM.KW")) / 1000.0
    assert bays_mw == pytest.approx(meters_mw, rel=0.01)
    found = moved(plant.ledger)
    water_t = sum(a for (kind, source, _, goods), a in found.items() if (kind, source) == (MASS, "S23") and "hydrogen" not in goods)  # fmt: skip # noqa: E501
    assert found[MASS, "GROUND", "S23", "well water"] == pytest.approx(water_t, rel=0.02)
    assert found[MASS, "S23", "AIR", "cooling make-up"] == pytest.approx(4 * 4.6 * 0.05, rel=0.1)
    assert found[MASS, "S23", "S22", "hydrogen, leaked"] > 0.0
    power = {b.id: b for b in plant.ledger.balances() if b.kind == POWER}
    assert power["S23.power"].ok and power["S23.power"].came > 2.0
    assert_closed(plant, "S06", "S07", "S09", "S21", "S22", "S23")


def test_asking_for_the_balances_changes_nothing(northern: Complex):
    asked, left_alone = (TwinPlant(northern, 7, START_S * 1_000_000) for _ in range(2))
    for second in range(20, 61, 20):
        asked.advance(START_S + second)
        assert asked.ledger.balances()
    left_alone.advance(START_S + 60)
    assert np.array_equal(asked.values, left_alone.values)
    assert moved(asked.ledger) == moved(left_alone.ledger)
    assert asked.ledger.balances() == left_alone.ledger.balances()
