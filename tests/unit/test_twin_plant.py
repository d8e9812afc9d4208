"""The twin of the Northern complex: believable values, published daily figures, the same bits every time."""

import fnmatch
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from didymium.model import starter
from didymium.model.folder import read_complex
from didymium.model.plant import Complex, Kind
from didymium.model.status import is_good
from didymium.twin.history import generate
from didymium.twin.plant import TwinPlant
from didymium.twin.units import UNIT_TYPES
from didymium.twin.units.cell import ElectrolysisCells
from didymium.twin.units.trade import OUT_BRIDGES, WEIGHBRIDGE, net_kg

NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"
START_S = 1_763_700_000
HOUR_S = 3600
DAYS = 24.0
"""An hour's amount times this is the day's."""


@pytest.fixture(scope="module")
def northern() -> Complex:
    return read_complex(NORTHERN)


def plant(complex_: Complex, seed: int = 7, start_s: int = START_S) -> TwinPlant:
    return TwinPlant(complex_, seed, start_s * 1_000_000)


@dataclass
class Hour:
    """What one simulated hour brought to every tag."""

    first: np.ndarray
    last: np.ndarray
    low: np.ndarray
    high: np.ndarray
    growth: np.ndarray
    pieces: np.ndarray
    changes: np.ndarray
    total: np.ndarray
    alarm_share: list[float]
    not_good: list[int]
    off_grid: int


@pytest.fixture(scope="module")
def hour(northern: Complex) -> Hour:
    tags = northern.tags
    analog = np.array([kind is Kind.ANALOG for kind in tags.kind])
    twin = plant(northern)
    n = len(tags)
    before = twin.values.copy()
    seen = Hour(before, before, np.full(n, np.inf), np.full(n, -np.inf), *np.zeros((4, n)), [], [], 0)
    for block in generate(twin, HOUR_S):
        values = block.values
        change = np.diff(values, axis=0, prepend=before[None])
        moved = change != 0
        seen.growth += np.maximum(change, 0.0).sum(axis=0)
        seen.pieces += np.where(moved, values, 0.0).sum(axis=0)
        seen.changes += moved.sum(axis=0)
        seen.total += values.sum(axis=0)
        np.minimum(seen.low, values.min(axis=0), out=seen.low)
        np.maximum(seen.high, values.max(axis=0), out=seen.high)
        beyond = analog & ((values[-1] > tags.h) | (values[-1] < tags.l))
        seen.alarm_share.append(float(beyond.sum() / analog.sum()))
        seen.not_good.append(int((~is_good(block.status[-1])).sum()))
        gridded = tags.scale > 0
        scaled = values[-1, gridded] * tags.scale[gridded]
        seen.off_grid += int((np.rint(scaled) / tags.scale[gridded] != values[-1, gridded]).sum())
        before = values[-1]
    seen.last = before
    return seen


def rows(complex_: Complex, pattern: str) -> np.ndarray:
    found = [row for row, path in enumerate(complex_.tags.path) if fnmatch.fnmatchcase(path, pattern)]
    assert found, pattern
    return np.array(found)


def test_every_template_of_the_complex_has_a_unit_type(northern: Complex):
    assert {unit.template for unit in northern.units} == set(UNIT_TYPES)


def test_same_seed_and_start_give_the_same_bits_however_the_steps_are_cut(northern: Complex):
    one, other, third = plant(northern), plant(northern), plant(northern, seed=8)
    one.advance(START_S + 30)
    third.advance(START_S + 30)
    for second in (7, 8, 30):
        other.advance(START_S + second)
    assert np.array_equal(one.values, other.values) and np.array_equal(one.status, other.status)
    assert not np.array_equal(one.values, third.values)


def test_a_second_already_reached_changes_nothing(northern: Complex):
    twin = plant(northern)
    before = twin.values.copy()
    twin.advance(START_S)
    twin.advance(START_S - 100)
    assert np.array_equal(before, twin.values) and twin.second == START_S


def test_live_joins_history_without_a_seam(northern: Complex):
    twin, straight = plant(northern), plant(northern)
    blocks = list(generate(twin, 70))
    assert [(block.start_s, len(block)) for block in blocks] == [(START_S + 1, 60), (START_S + 61, 10)]
    straight.advance(START_S + 61)
    assert np.array_equal(blocks[1].values[0], straight.values)
    assert np.array_equal(blocks[1].values[-1], twin.values)
    twin.advance(START_S + 71)
    straight.advance(START_S + 71)
    assert np.array_equal(twin.values, straight.values)


def test_values_are_finite_within_range_and_on_their_grid(northern: Complex, hour: Hour):
    tags = northern.tags
    assert np.isfinite(hour.low).all() and np.isfinite(hour.high).all()
    out = np.flatnonzero((hour.low < tags.low) | (hour.high > tags.high))
    assert [tags.path[row] for row in out] == []
    assert hour.off_grid == 0


def test_normal_running_does_not_stand_in_alarm(hour: Hour):
    assert max(hour.alarm_share) < 0.005


def test_conditions_stand_healthy(northern: Complex, hour: Hour):
    tags = northern.tags
    healthy = [row for row, kind in enumerate(tags.kind) if kind is Kind.BOOL and tags.ll[row] == 0]
    alarming = [
        row
        for row, kind in enumerate(tags.kind)
        if kind is Kind.BOOL and tags.hh[row] == 1 and not tags.path[row].endswith("AE_FLAG")
    ]
    assert hour.low[healthy].min() == 1.0 and hour.high[alarming].max() == 0.0


def test_a_few_sensors_are_not_good_and_most_are(hour: Hour):
    assert min(hour.not_good) >= 1 and max(hour.not_good) <= 10


def test_bad_sensor_keeps_its_last_value(northern: Complex):
    for seed in range(1, 5):
        twin = plant(northern, seed)
        bad = np.flatnonzero(twin.status >= 0x8000_0000)
        before = twin.values[bad].copy()
        twin.advance(START_S + 10)
        assert len(bad) and np.array_equal(before, twin.values[bad])


def test_measurements_move(northern: Complex, hour: Hour):
    analog = np.array([kind is Kind.ANALOG for kind in northern.tags.kind])
    still = analog & (hour.high == hour.low)
    assert still.sum() < 0.1 * analog.sum()


COUNTERS = [
    ("S01.PACK.PACK*.BAG_CNT", 1.0, 76.0, 1.0),
    ("S01.PR?.PRECIP*.TOT_FEED", 0.22, 38.0, 1.6),
    ("S02.KILN.KILN70.SAG_IN", 0.008, 40.0, 0.008),
    ("S02.KILN.KILN70.SAG_OUT", 0.0036, 18.0, 0.0036),
    ("S04.MARK.MARK*.PIECE_ID", 1.0, 864.0, 3.0),
    ("S05.PKG.PKG*.CNT", 0.25, 268.0, 0.5),
    ("S07.LINE.STN014.CNT_OK", 1.0, 400.0, 1.0),
    ("S08.EVAP.CRYS*.SALT_TOT", 1.0, 25.8, 0.0),
    ("S17.PR?.PRECIP*.TOT_FEED", 0.22, 200.0, 1.0),
]
PIECES = [
    ("S03.PL?.CELL*.TAP_WT", 0.001, 32.0, 0.025),
    ("S04.PL?.CELL*.TAP_WT", 0.001, 9.2, 0.011),
    ("S05.H?.SC*.DIS_WT", 0.001, 268.0, 1.0),
    ("S10.PL?.CELL*.TAP_WT", 0.001, 26.0, 0.025),
    ("S01.AGV.AGV*.LOAD_WT", 0.001, 38.0, 0.5),
]
FLOWS = [
    ("S08.PRE.PRE001.IN?_F", 1.0, 520.0),
    ("S08.MEM.RO*.F_FEED", 1.0, 520.0),
    ("S11.*.FEED_TPH", 1.0, 542.0),
    ("S12.ROAST.RKILN*.CONC_TPH", 1.0, 542.0),
    ("S14.C?.SXCIR*.F_FEED", 0.25, 292.0),
]


@pytest.mark.parametrize(("pattern", "factor", "a_day", "one"), COUNTERS)
def test_counters_bring_the_published_day(
    northern: Complex, hour: Hour, pattern: str, factor: float, a_day: float, one: float
):
    """Within 5 %, or one package where the hour holds only a few."""
    amount = factor * hour.growth[rows(northern, pattern)].sum()
    assert abs(amount - a_day / DAYS) <= max(0.05 * a_day / DAYS, one)


@pytest.mark.parametrize(("pattern", "factor", "a_day", "one"), PIECES)
def test_pieces_bring_the_published_day(
    northern: Complex, hour: Hour, pattern: str, factor: float, a_day: float, one: float
):
    amount = factor * hour.pieces[rows(northern, pattern)].sum()
    assert abs(amount - a_day / DAYS) <= max(0.05 * a_day / DAYS, one)


@pytest.mark.parametrize(("pattern", "factor", "a_day"), FLOWS)
def test_flow_meters_bring_the_published_day(northern: Complex, hour: Hour, pattern: str, factor: float, a_day: float):
    assert factor * hour.total[rows(northern, pattern)].sum() / HOUR_S * DAYS == pytest.approx(a_day, rel=0.02)


def test_trucks_carry_five_hundred_tonnes_on_thirty_orders_a_day():
    trucks = OUT_BRIDGES * 86_400 / WEIGHBRIDGE.period_s
    loads_kg = [net_kg(5, cycle, bridge) for cycle in range(200) for bridge in range(OUT_BRIDGES)]
    assert trucks == 30.0
    assert trucks * np.mean(loads_kg) == pytest.approx(500_000, rel=0.002)
    assert max(loads_kg) + 16_000 < 49_000


def test_energy_meters_integrate_power(northern: Complex, hour: Hour):
    kw, kwh = rows(northern, "*.COM.COM.KW"), rows(northern, "*.COM.COM.KWH")
    assert (hour.last - hour.first)[kwh] == pytest.approx(hour.total[kw] / HOUR_S, abs=1.5, rel=0.001)
    volt, current = rows(northern, "S03.PL1.*.VOLT_PV"), rows(northern, "S03.PL1.*.CUR_PV")
    energy = rows(northern, "S03.PL1.*.ENERGY")
    product = hour.total[volt] * hour.total[current] / HOUR_S**2
    assert (hour.last - hour.first)[energy] == pytest.approx(product, rel=0.01)


def test_argon_total_integrates_its_flow(northern: Complex, hour: Hour):
    flow, total = rows(northern, "S05.H?.SC*.AR_F"), rows(northern, "S05.H?.SC*.AR_TOT")
    grown = (hour.last - hour.first)[total].sum()
    assert grown == pytest.approx(hour.total[flow].sum() / HOUR_S, rel=0.03)


def test_values_that_a_person_would_compare_agree(northern: Complex):
    twin = plant(northern)
    twin.advance(START_S + 60)
    at = {path: twin.values[row] for path, row in northern.tags.row_of.items()}
    bad = {northern.tags.path[row] for row in np.flatnonzero(twin.status)}
    for cell in (path[: -len(".VOLT_PV")] for path in at if path.endswith(".VOLT_PV")):
        if bad.isdisjoint({f"{cell}.R_PSEUDO", f"{cell}.VOLT_PV", f"{cell}.CUR_PV"}):
            r_pseudo = (at[f"{cell}.VOLT_PV"] - 1.6) / at[f"{cell}.CUR_PV"]
            assert at[f"{cell}.R_PSEUDO"] == pytest.approx(r_pseudo, abs=0.00026)
    cabinet = "S03.RECT.RECT001"
    fed = [at[f"S03.PL1.CELL{k:03d}.CUR_PV"] for k in range(1, 6)]
    assert at[f"{cabinet}.DC_KA"] == pytest.approx(sum(fed), abs=0.6)
    assert at[f"{cabinet}.KW"] == pytest.approx(at[f"{cabinet}.DC_KA"] * at[f"{cabinet}.DC_V"] / 0.94, rel=0.01)
    for station in ("S05.WATER.CWSTN001", "S23.WATER.CWSTN001"):
        if f"{station}.RET_T" in at:
            assert at[f"{station}.RET_T"] > at[f"{station}.SUP_T"]
    for train in range(1, 5):
        ro = f"S08.MEM.RO{train:03d}"
        assert at[f"{ro}.F_FEED"] == pytest.approx(at[f"{ro}.F_PERM"] + at[f"{ro}.F_CONC"], rel=0.02)
    assert at["S03.COM.COM.PLC_HB"] == (START_S + 60) % 65_536


def test_starved_cell_shows_its_anode_effect_in_its_tags_and_its_stack(northern: Complex):
    twin = plant(northern)
    cells = twin.models["T_CELL"]
    assert isinstance(cells, ElectrolysisCells)
    cells.cells.oxide_wt[0] = 1.40
    cells.cells.feed_factor[0] = cells.cells.controlled[0] = 0.0
    twin.advance(START_S + 120)
    at = {path: twin.values[row] for path, row in northern.tags.row_of.items()}
    unit = cells.bank.units[0].path
    assert at[f"{unit}.VOLT_PV"] > 15.0 and at[f"{unit}.AE_FLAG"] == 1.0 and at[f"{unit}.STATE"] == 3.0
    assert at[f"{unit}.FEED_PV"] == 0.0 and at[f"{unit}.R_PSEUDO"] > 1.0
    assert at["S03.FUME.SCRUB001.CF4"] > 10.0 > at["S03.FUME.SCRUB004.CF4"]
    assert at["S03.RECT.RECT001.DC_V"] > at["S03.RECT.RECT014.DC_V"] + 1.0


def test_totals_go_on_from_the_start_of_the_month(northern: Complex):
    """A twin that starts later shows larger totals, so that a restart does not turn counters back."""
    counters = np.array([kind is Kind.COUNTER for kind in northern.tags.kind])
    heartbeat = np.array([name == "PLC_HB" for name in northern.tags.name])
    early, late = plant(northern), plant(northern, start_s=START_S + 6 * HOUR_S)
    back = np.flatnonzero(counters & ~heartbeat & (late.values < early.values))
    assert [northern.tags.path[row] for row in back] == []


@pytest.mark.parametrize(
    ("pattern", "factor", "a_day"),
    [
        ("S01.PACK.PACK*.BAG_CNT", 0.5, 38.0),
        ("S02.KILN.KILN70.SAG_IN", 0.008, 40.0),
        ("S04.MARK.MARK*.PIECE_ID", 1.0, 864.0),
        ("S05.H?.SC*.HEAT_NO", 0.985, 268.0),
        ("S05.PKG.PKG*.CNT", 0.25, 268.0),
        ("S06.MELT.VIM*.HEAT_NO", 0.3 * 0.978, 5.3),
        ("S07.LINE.STN014.CNT_OK", 1.0, 400.0),
        ("S09.GOUT.WB*.ORDER", 1.0, 30.0),
        ("S21.PKG.PKG*.CNT", 0.25, 15.0),
    ],
)
def test_a_whole_day_brings_the_published_figure(
    days: tuple[TwinPlant, TwinPlant], pattern: str, factor: float, a_day: float
):
    """Counts follow from the time alone, so two twins a day apart show what the day brought."""
    today, tomorrow = days
    which = rows(today.complex, pattern)
    assert factor * (tomorrow.values - today.values)[which].sum() == pytest.approx(a_day, rel=0.01)


@pytest.fixture(scope="module")
def days(northern: Complex) -> tuple[TwinPlant, TwinPlant]:
    return plant(northern), plant(northern, start_s=START_S + 86_400)


def test_a_restart_counts_no_piece_twice(northern: Complex):
    """Counts and last weights follow from the time alone; a tap weight starts from zero, which is no piece."""
    running = plant(northern)
    running.advance(START_S + 400)
    restarted = plant(northern, start_s=START_S + 400)
    for pattern in (
        "S04.*.PIECE_ID",
        "S05.H?.*.DIS_WT",
        "S05.PKG.*.CNT",
        "S01.PACK.*.BAG_CNT",
        "S09.*.NET",
        "S09.*.ORDER",
    ):
        which = rows(northern, pattern)
        assert running.values[which].tolist() == restarted.values[which].tolist(), pattern
    assert not restarted.values[rows(northern, "S03.*.TAP_WT")].any()


def test_vehicles_move_no_faster_than_they_can(northern: Complex):
    twin = plant(northern)
    x, y = rows(northern, "S01.AGV.*.X"), rows(northern, "S01.AGV.*.Y")
    before = twin.values.copy()
    way = np.zeros(len(x))
    for second in range(1, 301):
        twin.advance(START_S + second)
        step = np.hypot(twin.values[x] - before[x], twin.values[y] - before[y])
        assert step.max() < 1.35
        way += step
        before = twin.values.copy()
    assert way.max() > 50.0


def test_heats_are_spread_over_their_steps(northern: Complex):
    twin = plant(northern)
    steps = twin.values[rows(northern, "S05.H?.SC*.STEP")]
    assert len(np.unique(steps)) >= 8
    melting = (steps == 4).sum()
    assert 9 <= melting <= 14


def test_time_in_step_counts_seconds(northern: Complex):
    twin = plant(northern)
    elapsed, step = rows(northern, "S05.H?.SC*.STEP_T"), rows(northern, "S05.H?.SC*.STEP")
    before, step_before = twin.values[elapsed].copy(), twin.values[step].copy()
    twin.advance(START_S + 5)
    same = twin.values[step] == step_before
    assert same.sum() > 45
    assert (twin.values[elapsed] - before)[same].tolist() == [5.0] * int(same.sum())


def test_a_small_complex_runs(tmp_path: Path):
    starter.write(tmp_path / "small")
    small = read_complex(tmp_path / "small")
    twin = plant(small)
    twin.advance(START_S + 30)
    assert np.isfinite(twin.values).all()
    assert not ((twin.values < small.tags.low) | (twin.values > small.tags.high)).any()


def test_a_template_may_leave_out_tags_that_a_model_feeds(tmp_path: Path):
    starter.write(tmp_path / "small")
    for file, dropped in (("T_PRECIP.csv", ("FEED_PV", "PH[")), ("COM.csv", ("KWH",))):
        csv = tmp_path / "small" / "templates" / file
        lines = csv.read_text(encoding="utf-8").splitlines(keepends=True)
        csv.write_text("".join(line for line in lines if not line.startswith(dropped)), encoding="utf-8")
    small = read_complex(tmp_path / "small")
    twin = plant(small)
    twin.advance(START_S + 30)
    assert np.isfinite(twin.values).all()
