"""Kiln, robots and conveyors of S02 go together as domain reference §4 states, also where one of them stands."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.twin.faults import CATALOGUE
from didymium.twin.plant import TwinPlant
from didymium.twin.units.kiln import CREEP_MM_MIN, PROFILE_C, RESIDENCE_H, SPEED_MM_MIN, TravellingKilns
from didymium.twin.units.robot import BUFFER, Robots

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"
START_S = 1_763_700_000
HOUR_S = 3600
DAY_S = 86_400
TAKT_S = 17.28
DESIGN_T_D = 18.0
ZONE_9 = 8


def written(folder: Path, robots: int) -> Complex:
    """S02 alone, with so many robots."""
    (folder / "sites").mkdir(parents=True)
    shutil.copytree(NORTHERN / "templates", folder / "templates")
    for name in ("templates.toml", "complex.toml"):
        shutil.copy(NORTHERN / name, folder / name)
    site = (NORTHERN / "sites" / "S02.toml").read_text(encoding="utf-8")
    site = site.replace('"T_ROBOT", first = 1, count = 3', f'"T_ROBOT", first = 1, count = {robots}')
    if robots == 0:
        site = re.sub(r'\[\[areas\]\]\nid = "ROBOT".*?(?=\[\[areas\]\])', "", site, flags=re.DOTALL)
    (folder / "sites" / "S02.toml").write_text(site, encoding="utf-8")
    for name in ("flows.toml", "headlines.toml"):
        (folder / name).touch()
    connection = '[S02]\nprotocol = "sparkplug"\nendpoint = "mqtt://127.0.0.1:1"\ngroup = "g"\nhost = "h"\n'
    (folder / "connections.toml").write_text(connection, encoding="utf-8")
    return read_complex(folder)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Complex:
    return written(tmp_path_factory.mktemp("kiln") / "s02", robots=3)


def plant(complex_: Complex, start_s: int = START_S) -> TwinPlant:
    return TwinPlant(complex_, 7, start_s * 1_000_000)


def shown(twin: TwinPlant, tag: str) -> float:
    return float(twin.values[twin.complex.tags.row_of[f"S02.{tag}"]])


def kiln_of(twin: TwinPlant) -> TravellingKilns:
    model = twin.models["T_KILN70"]
    assert isinstance(model, TravellingKilns)
    return model


def test_an_hour_takes_208_saggers_and_leaves_its_marks_in_normal_bounds(site: Complex):
    twin = plant(site)
    counts = [shown(twin, f"KILN.KILN70.{tag}") for tag in ("SAG_IN", "SAG_OUT", "GAS_TOT")]
    twin.advance(START_S + HOUR_S)
    went_in, came_out, gas = (
        shown(twin, f"KILN.KILN70.{tag}") - before
        for tag, before in zip(("SAG_IN", "SAG_OUT", "GAS_TOT"), counts, strict=True)
    )
    assert (went_in, came_out) == pytest.approx((208.3, 208.3), abs=1)
    assert gas * 24 / DESIGN_T_D == pytest.approx(173.0, abs=2.0)
    assert shown(twin, "KILN.KILN70.CO2_EXH") == pytest.approx(7.9, abs=0.6)
    assert shown(twin, "KILN.KILN70.H2O_EXH") == pytest.approx(30.3, abs=2.5)
    assert shown(twin, "KILN.KILN70.RES_T") == pytest.approx(7.68, abs=0.01)


def test_the_kiln_line_is_the_same_however_the_steps_are_cut(site: Complex):
    one, other = plant(site), plant(site)
    one.advance(START_S + 400)
    for second in range(1, 401):
        other.advance(START_S + second)
    assert np.array_equal(one.values, other.values)


WATCHED = (
    "ROBOT.ROBOT001.ESTOP",
    "ROBOT.ROBOT001.CYC_T",
    "KILN.KILN70.SAG_IN",
    "KILN.KILN70.SPEED",
    "KILN.KILN70.RES_T",
    "KILN.KILN70.STATE",
    "KILN.KILN70.H2O_EXH",
    "CONV.CONV001.RUN",
    "CONV.CONV010.RUN",
)


@pytest.fixture(scope="module")
def stopped(site: Complex) -> tuple[TwinPlant, dict[str, list[float]]]:
    """A plant whose loading robot stood for two hours and then worked for one and a half, and what was seen."""
    twin = plant(site)
    twin.ledger.open()
    twin.advance(START_S + 60)
    twin.faults.inject("F08", "S02.ROBOT.ROBOT001", None, twin.second)
    seen = {tag: [shown(twin, tag)] for tag in WATCHED} | {"loi": [float(kiln_of(twin).state.loi_pct[0])]}
    for second in range(1, round(3.5 * HOUR_S)):
        twin.advance(START_S + 60 + second)
        if second == 2 * HOUR_S:
            twin.faults.clear("F08", "S02.ROBOT.ROBOT001")
        for tag in WATCHED:
            seen[tag].append(shown(twin, tag))
        seen["loi"].append(float(kiln_of(twin).state.loi_pct[0]))
    return twin, seen


def test_emergency_stop_shows_at_once_then_the_cycle_time_then_the_kiln_is_fed_no_more(
    stopped: tuple[TwinPlant, dict[str, list[float]]],
):
    _, seen = stopped
    estop = seen["ROBOT.ROBOT001.ESTOP"].index(1.0)
    late = next(k for k, cycle_s in enumerate(seen["ROBOT.ROBOT001.CYC_T"]) if cycle_s > 17.3)
    counts = seen["KILN.KILN70.SAG_IN"]
    last = counts.index(counts[2 * HOUR_S])
    slow = next(k for k, state in enumerate(seen["KILN.KILN70.STATE"]) if state == 5.0)
    low_s, high_s = CATALOGUE["F08"].within_s
    assert estop == 1 and estop < late <= 20
    assert last < slow <= last + 18
    assert low_s <= slow <= high_s


def test_a_kiln_that_is_not_fed_creeps_and_residence_rises_and_loss_on_ignition_falls(
    stopped: tuple[TwinPlant, dict[str, list[float]]],
):
    _, seen = stopped
    end = 2 * HOUR_S
    assert seen["KILN.KILN70.SPEED"][end] == pytest.approx(CREEP_MM_MIN, abs=3.0)
    assert seen["KILN.KILN70.RES_T"][end] == pytest.approx(2 * RESIDENCE_H, abs=0.1)
    assert seen["loi"][end] < seen["loi"][2200] - 0.002, (
        "the row at the end of the fire was slow on its last metres only"
    )
    assert seen["KILN.KILN70.H2O_EXH"][end] < 0.5 * seen["KILN.KILN70.H2O_EXH"][0]
    assert seen["CONV.CONV001.RUN"][end] == 0.0 and seen["CONV.CONV010.RUN"][end] == 1.0


def test_a_released_robot_feeds_the_kiln_again_and_it_takes_up_its_speed(
    stopped: tuple[TwinPlant, dict[str, list[float]]],
):
    twin, seen = stopped
    assert shown(twin, "ROBOT.ROBOT001.ESTOP") == 0.0 and shown(twin, "ROBOT.ROBOT001.CYC_T") < 16.5
    assert shown(twin, "KILN.KILN70.SPEED") == pytest.approx(SPEED_MM_MIN, abs=3.0)
    hour = seen["KILN.KILN70.SAG_IN"][-1] - seen["KILN.KILN70.SAG_IN"][-1 - HOUR_S]
    assert hour == pytest.approx(208.3, abs=1.5)
    zone_c = kiln_of(twin).state.zone_c[0]
    assert np.abs(zone_c - PROFILE_C).max() < 20.0, "no zone is driven out of its band by the gap"


def test_books_of_the_site_close_through_a_stop(stopped: tuple[TwinPlant, dict[str, list[float]]]):
    twin, _ = stopped
    books = {balance.id: balance for balance in twin.ledger.balances()}
    assert {"S02.mass", "S02.REO"} <= books.keys()
    for balance in (books["S02.mass"], books["S02.REO"]):
        assert balance.ok and balance.came > 0.5 and balance.went > 0.5
    assert books["S02.REO"].kept < -0.1, "the kiln emptied while it was not fed"


@pytest.mark.parametrize("robot", ["ROBOT002", "ROBOT003"])
def test_a_robot_behind_the_kiln_that_stands_makes_it_creep_when_no_place_is_left(site: Complex, robot: str):
    twin = plant(site)
    twin.ledger.open()
    twin.faults.inject("F08", f"S02.ROBOT.{robot}", None, twin.second)
    low_s, high_s = CATALOGUE["F08"].within_s
    twin.advance(START_S + int(low_s))
    assert shown(twin, "KILN.KILN70.STATE") == 4.0
    twin.advance(START_S + int(high_s))
    assert shown(twin, "KILN.KILN70.STATE") == 5.0 and shown(twin, "CONV.CONV010.RUN") == 0.0
    lines = twin.models["T_ROBOT"]
    assert isinstance(lines, Robots)
    twin.advance(START_S + 3000)
    assert lines.lines.before_robot[0] + lines.lines.tipping[0] <= BUFFER
    assert all(balance.ok for balance in twin.ledger.balances() if balance.site == "S02")


def test_an_arm_on_its_brakes_stays_where_it_is_with_what_it_carries(site: Complex):
    twin = plant(site)
    while shown(twin, "ROBOT.ROBOT001.GRIP_ST") != 2.0:
        twin.advance(twin.second + 1)
    joints = [shown(twin, f"ROBOT.ROBOT001.J{k}_POS") for k in range(1, 7)]
    twin.faults.inject("F08", "S02.ROBOT.ROBOT001", None, twin.second)
    twin.advance(twin.second + 80)
    assert [shown(twin, f"ROBOT.ROBOT001.J{k}_POS") for k in range(1, 7)] == pytest.approx(joints, abs=0.1)
    assert shown(twin, "ROBOT.ROBOT001.GRIP_ST") == 2.0
    assert shown(twin, "ROBOT.ROBOT001.FAULT") != 0.0
    assert shown(twin, "ROBOT.ROBOT002.FAULT") == 0.0


def test_drift_shows_between_top_and_bottom_thermocouples_and_goes_when_cared_for(site: Complex):
    twin = plant(site)
    twin.faults.inject("F03", "S02.KILN.KILN70", -1000.0, twin.second)
    twin.advance(START_S + 900)
    state = kiln_of(twin).state
    error_c = kiln_of(twin).inputs.tc_error_c[0, ZONE_9]
    assert error_c == pytest.approx(-1000.0 * 900 / DAY_S)
    assert state.zone_c[0, ZONE_9] - 950.0 > 7.0
    assert shown(twin, "KILN.KILN70.Z9_TB") - shown(twin, "KILN.KILN70.Z9_TT") > 3.0
    assert shown(twin, "KILN.KILN70.Z10_TB") - shown(twin, "KILN.KILN70.Z10_TT") < 3.0
    twin.faults.clear("F03", "S02.KILN.KILN70")
    twin.advance(START_S + 900 + 2 * HOUR_S)
    assert kiln_of(twin).inputs.tc_error_c[0, ZONE_9] == 0.0
    assert state.zone_c[0, ZONE_9] == pytest.approx(950.0, abs=0.5)


@pytest.mark.parametrize("robots", [0, 1])
def test_a_kiln_without_enough_robots_is_fed_and_emptied_by_hand(tmp_path: Path, robots: int):
    twin = plant(written(tmp_path / "s02", robots))
    assert ("T_ROBOT" in twin.models) == (robots > 0)
    twin.ledger.open()
    before = shown(twin, "KILN.KILN70.SAG_OUT")
    twin.advance(START_S + 600)
    assert shown(twin, "KILN.KILN70.SAG_OUT") - before == pytest.approx(600 / TAKT_S, abs=1)
    assert kiln_of(twin).table[0] == 0.0
    assert all(balance.ok for balance in twin.ledger.balances() if balance.site == "S02")
