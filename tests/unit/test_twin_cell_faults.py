"""Faults of electrolysis cells and what stands around them: first tags to move, time to consequence (domain §19.1)."""

from pathlib import Path

import numpy as np
import pytest

from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.twin.faults import CATALOGUE
from didymium.twin.ledger import MASS, REO
from didymium.twin.plant import TwinPlant
from didymium.twin.units.cell import ElectrolysisCells
from didymium.twin.units.cell_class import PRND_8, PRND_14, Cells, Feed, cells
from didymium.twin.units.cell_physics import step_cells

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"
START_S = 1_763_700_000
MINUTE_S, HOUR_S = 60, 3600


@pytest.fixture(scope="module")
def northern() -> Complex:
    return read_complex(NORTHERN)


class Running:
    """A plant to break: tags by path, cells by their unit."""

    def __init__(self, complex_: Complex) -> None:
        self.twin = TwinPlant(complex_, 7, START_S * 1_000_000)
        self._row = complex_.tags.row_of
        model = self.twin.models["T_CELL"]
        assert isinstance(model, ElectrolysisCells)
        self.model = model
        self.place = {unit.path: i for i, unit in enumerate(model.bank.units)}

    @property
    def cells(self) -> Cells:
        return self.model.cells

    def __getitem__(self, path: str) -> float:
        return float(self.twin.values[self._row[path]])

    def inject(self, code: str, place: str, size: float | None = None) -> None:
        self.twin.faults.inject(code, place, size, self.twin.second)

    def clear(self, code: str, place: str) -> None:
        self.twin.faults.clear(code, place)

    def run(self, seconds: int) -> None:
        self.twin.advance(self.twin.second + seconds)

    def seconds_until(self, said: object, limit_s: int) -> int:
        assert callable(said)
        for second in range(1, limit_s + 1):
            self.run(1)
            if said():
                return second
        raise AssertionError(f"not in {limit_s} s")


@pytest.fixture
def plant(northern: Complex) -> Running:
    running = Running(northern)
    running.run(2)
    return running


def within(code: str, seconds: float) -> bool:
    first_s, last_s = CATALOGUE[code].within_s
    return first_s <= seconds <= last_s


def test_f01_stopped_feed_shows_at_once_and_the_anode_effect_comes_in_18_to_20_minutes(plant: Running):
    unit = "S10.PL1.CELL007"
    cell = plant.place[unit]
    plant.cells.oxide_wt[cell] = 2.75
    plant.inject("F01", unit)
    plant.run(15)
    assert plant[f"{unit}.FEED_PV"] < 5.0 and plant[f"{unit}.FEED_SP"] > 300.0
    assert plant[f"{unit}.VOLT_PV"] < 9.0
    plant.cells.oxide_wt[cell] = 2.75
    one = plant.cells.only(cell)
    seconds = next(s for s in range(1, HOUR_S) if _stepped(one, START_S + 17 + s).in_effect[0])
    assert within("F01", seconds)
    plant.clear("F01", unit)
    plant.run(5)
    assert plant[f"{unit}.FEED_PV"] > 250.0


def _stepped(cell: Cells, second: int) -> Cells:
    step_cells(cell, 1, second)
    return cell


def test_f01_left_alone_ends_with_the_interlock_cutting_the_current():
    cell = cells([PRND_14], seed=1)
    cell.oxide_wt[:], cell.feed_factor[:] = 1.5, 0.0
    cut_s = next(s for s in range(4 * HOUR_S) if _stepped(cell, s).locked_s[0] > 0.0)
    assert cell.effect_s[0] == 0.0 or cell.effect_s[0] > 600.0
    step_cells(cell, 1, cut_s + 1)
    assert cell.current_ka[0] == 0.0 and cell.feed_state[0] == Feed.STOP
    cell.feed_factor[:] = 1.0
    for second in range(cut_s + 2, cut_s + 2 + HOUR_S):
        step_cells(cell, 1, second)
    assert cell.current_ka[0] == pytest.approx(14.0) and cell.in_effect[0] == 0.0
    assert cell.oxide_wt[0] > 1.6


def test_f02_over_feed_shows_in_the_feed_and_grows_28_kg_of_sludge_in_seven_hours(plant: Running):
    unit = "S10.PL1.CELL007"
    cell = plant.place[unit]
    plant.inject("F02", unit)
    plant.run(20)
    assert plant[f"{unit}.FEED_PV"] == pytest.approx(1.15 * plant[f"{unit}.FEED_SP"], rel=0.05)
    one = plant.cells.only(cell)
    one.oxide_wt[:], before_v, warned_s = 2.6, 0.0, 0
    for second in range(7 * HOUR_S):
        step_cells(one, 1, second)
        if second == 600:
            before_v = one.volt_v[0]
        if not warned_s and one.oxide_deviation_kg[0] > 3.0:
            warned_s = second
    assert one.sludge_kg[0] == pytest.approx(28.0, abs=4.0)
    assert one.volt_v[0] - before_v == pytest.approx(0.6, abs=0.2)
    assert 0 < warned_s < 1.5 * HOUR_S
    one.feed_factor[:] = one.controlled[:] = 1.0
    for second in range(7 * HOUR_S, 31 * HOUR_S):
        step_cells(one, 1, second)
    assert one.sludge_kg[0] < 1.0 and one.effects[0] <= 1.0


def test_f03_drifting_thermocouple_parts_from_the_pyrometer_and_the_control_overheats_the_bath(plant: Running):
    unit = "S03.PL2.CELL013"
    cell = plant.place[unit]
    plant.inject("F03", unit, -1440.0)
    plant.run(10 * MINUTE_S)
    assert plant[f"{unit}.T_BATH2"] - plant[f"{unit}.T_BATH1"] == pytest.approx(12.0, abs=2.5)
    usual = 86_400.0 * 10.0 / 1.5
    assert within("F03", usual)
    one = cells([PRND_14], seed=1)
    for second in range(24 * HOUR_S):
        one.tc_error_c[:] = -20.0 * second / (24 * HOUR_S)
        step_cells(one, 1, second)
    assert 10.0 < one.bath_c[0] - 1046.0 < 21.0
    assert one.seen_c[0] < 1046.0
    plant.clear("F03", unit)
    plant.run(90)
    assert abs(plant[f"{unit}.T_BATH2"] - plant[f"{unit}.T_BATH1"]) < 5.0
    assert plant.cells.tc_error_c[cell] == 0.0


def test_f05_holder_without_water_is_at_55_degrees_in_about_12_seconds_and_the_current_is_cut(plant: Running):
    unit = "S03.PL1.CELL003"
    plant.inject("F05", unit)
    plant.run(3)
    assert plant[f"{unit}.CW_F"] < 22.0 and plant[f"{unit}.CUR_PV"] > 13.0
    seconds = 3 + plant.seconds_until(lambda: plant[f"{unit}.CW_T"] >= 55.0, 30)
    assert within("F05", seconds) and seconds >= 9
    assert plant.seconds_until(lambda: plant[f"{unit}.CUR_PV"] == 0.0, 30) <= 5
    assert plant[f"{unit}.STATE"] == 7.0 and plant["S03.PL1.CELL004.CUR_PV"] > 13.0
    plant.clear("F05", unit)
    plant.run(200)
    assert plant[f"{unit}.CUR_PV"] == 0.0
    plant.run(300)
    assert plant[f"{unit}.CUR_PV"] == pytest.approx(13.8, abs=0.3)


def test_f14_hoods_of_a_tripped_fan_lose_suction_within_a_minute_and_get_half_the_current(plant: Running):
    train, unit, other = "S03.FUME.SCRUB001", "S03.PL1.CELL001", "S03.PL7.CELL070"
    plant.inject("F14", train)
    plant.run(12)
    assert plant[f"{train}.FAN_A"] < 10.0
    seconds = 12 + plant.seconds_until(lambda: plant[f"{unit}.FUME_DP"] > -5.0, 90)
    assert within("F14", seconds) and seconds <= MINUTE_S
    assert plant[f"{unit}.FEED_ST"] == Feed.STOP and plant[f"{other}.FUME_DP"] < -30.0
    plant.run(150)
    assert plant[f"{unit}.CUR_PV"] == pytest.approx(6.9, abs=0.3) and plant[f"{other}.CUR_PV"] > 13.0
    plant.clear("F14", train)
    plant.run(8)
    assert plant[f"{train}.FAN_A"] < 10.0
    plant.run(170)
    assert plant[f"{train}.FAN_A"] > 150.0 and plant[f"{unit}.FUME_DP"] < -30.0
    assert plant[f"{unit}.CUR_PV"] == pytest.approx(13.8, abs=0.3)


def test_f19_bridged_feeder_turns_and_gives_nothing_and_the_cell_starves(plant: Running):
    feeder, unit = "S10.PL1.FEED005", "S10.PL1.CELL005"
    cell = plant.place[unit]
    plant.run(40)
    plant.inject("F19", feeder)
    plant.run(30)
    hopper = plant[f"{unit}.HOPPER"]
    plant.run(60)
    assert plant[f"{feeder}.SCR_RPM"] > 30.0 and plant[f"{unit}.FEED_PV"] > 250.0
    assert plant[f"{feeder}.LIW_RATE"] == 0.0 and plant[f"{feeder}.SCR_TRQ"] < 20.0
    assert plant[f"{unit}.HOPPER"] == pytest.approx(hopper, abs=0.15)
    plant.cells.oxide_wt[cell] = 2.75
    one = plant.cells.only(cell)
    seconds = next(s for s in range(1, HOUR_S) if _stepped(one, START_S + s).in_effect[0])
    assert within("F19", seconds)
    plant.clear("F19", feeder)
    plant.run(20)
    assert plant[f"{feeder}.LIW_RATE"] > 250.0


def test_f22_two_pieces_change_labels_and_only_the_balance_by_cell_finds_it(plant: Running):
    station = "S04.MARK.MARK001"
    true = {}
    plant.inject("F22", station)
    first = plant[f"{station}.PIECE_ID"]
    seen: list[float] = []
    while len(seen) < 3:
        before = plant[f"{station}.PIECE_ID"]
        plant.seconds_until(lambda before=before: plant[f"{station}.PIECE_ID"] != before, 400)
        seen.append(plant[f"{station}.PIECE_ID"])
        cell = next(
            u.path for u in plant.model.bank.units if u.site == "S04" and u.number == plant[f"{station}.CELL_ID"]
        )
        true[seen[-1]] = (plant[f"{station}.PIECE_WT"], plant.cells.tap_kg[plant.place[cell]])
        assert plant[f"{station}.MARK_OK"] == 1.0
    assert [number - first for number in seen] == [2.0, 1.0, 3.0]
    for piece_kg, tapped_kg in true.values():
        assert piece_kg == pytest.approx(tapped_kg, abs=0.01)


def test_f23_dip_is_counted_and_the_bay_s_cells_lose_their_current_and_come_back(plant: Running):
    bay, cabinet = "S23.POWER.SUBST001", "S03.RECT.RECT001"
    counted = plant[f"{bay}.DIP"]
    plant.inject("F23", bay)
    plant.run(4)
    assert plant[f"{bay}.DIP"] == counted + 1.0 and plant[f"{cabinet}.TRIP"] == 27.0
    plant.run(20)
    assert plant[f"{cabinet}.DC_KA"] < 0.5 and plant["S03.PL1.CELL001.CUR_PV"] == 0.0
    assert plant["S10.PL1.CELL001.CUR_PV"] > 13.0
    assert plant[f"{bay}.DIP"] == counted + 1.0
    plant.clear("F23", bay)
    plant.run(500)
    assert plant["S03.PL1.CELL001.CUR_PV"] == pytest.approx(13.8, abs=0.3)
    assert plant[f"{cabinet}.STATE"] == 3.0 and plant[f"{cabinet}.TRIP"] == 0.0


@pytest.mark.parametrize("kind", [PRND_14, PRND_8])
def test_cell_without_current_freezes_in_60_to_90_minutes_and_only_then_needs_baking(kind: object):
    cell = cells([kind], seed=2)  # type: ignore[list-item]
    cell.powered[:] = 0.0
    frozen_s = next(s for s in range(3 * HOUR_S) if _stepped(cell, s).frozen[0] > 0.0)
    assert within("F23", frozen_s)
    assert cell.bath_c[0] == pytest.approx(950.0, abs=0.1)
    cell.powered[:] = 1.0
    baked_s = next(s for s in range(frozen_s + 1, 6 * HOUR_S) if _stepped(cell, s).frozen[0] == 0.0) - frozen_s
    assert 1.0 * HOUR_S < baked_s < 2.0 * HOUR_S
    short = cells([kind], seed=2)  # type: ignore[list-item]
    for second in range(HOUR_S):
        short.powered[:] = float(second > 40 * MINUTE_S)
        step_cells(short, 1, second)
    assert short.frozen[0] == 0.0 and short.current_ka[0] > 0.99 * short.set_point_ka[0]


def test_electrolysis_sites_balance_to_the_last_gram_through_faults(plant: Running):
    plant.twin.ledger.open()
    plant.inject("F02", "S10.PL1.CELL007")
    plant.inject("F05", "S03.PL1.CELL003")
    plant.inject("F01", "S04.PL1.CELL002")
    plant.cells.oxide_wt[plant.place["S04.PL1.CELL002"]] = 1.4
    plant.twin.ledger.open()
    plant.run(400)
    plant.clear("F05", "S03.PL1.CELL003")
    plant.run(400)
    balances = {one.id: one for one in plant.twin.ledger.balances()}
    for site in ("S03", "S04", "S10"):
        for kind in (MASS, REO):
            one = balances[f"{site}.{kind}"]
            assert one.ok, one
            assert one.went > 0.05


def test_metal_and_gas_of_a_site_are_booked_at_their_daily_amounts(plant: Running):
    plant.twin.ledger.open()
    plant.run(20 * MINUTE_S)
    moved = {(s.kind, s.source, s.target, s.goods): 72.0 * amount for s, amount in plant.twin.ledger.moved()}
    assert moved[MASS, "S03", "S05", "Metal and alloy"] == pytest.approx(32.0, rel=0.2)
    assert moved[MASS, "S04", "S05", "PrNd pieces"] == pytest.approx(9.3, rel=0.2)
    assert moved[MASS, "S10", "S05", "Metal and Gd-Fe"] == pytest.approx(24.6, rel=0.2)
    per_t = moved[MASS, "S03", "AIR", "carbon dioxide"] / 32.0
    assert 0.165 < per_t < 0.672
    assert 0.003 < moved[MASS, "S03", "AIR", "carbon monoxide"] / 32.0 < 0.008
    assert np.isfinite(list(moved.values())).all()
