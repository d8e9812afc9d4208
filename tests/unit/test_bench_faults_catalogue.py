"""The fault catalogue's measurement: what it watches, how it judges, what it runs together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench import faults_catalogue
from bench.catalogue.drill import Drill, expected_tags, shared
from bench.catalogue.drills import DRILLS
from bench.catalogue.judges import OutOfOrder, Standing
from bench.catalogue.lockstep import Found, run
from bench.catalogue.part import part_of
from bench.catalogue.seen import Moved, Movers, Noise, Seen, smallest_move
from bench.catalogue.table import Row, row, table, time
from bench.catalogue.water_balance import DAY_S, IN, IN_COND, PERMEATE, Books
from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.twin.faults import CATALOGUE, SITE
from didymium.twin.plant import TwinPlant

START_S = 1_768_406_400


@pytest.fixture(scope="module")
def northern() -> Complex:
    return read_complex(SHIPPED_COMPLEX)


@pytest.fixture(scope="module")
def roasting(northern: Complex) -> Complex:
    return part_of(northern, ("S12",))


def drill_of(code: str, template: str) -> Drill:
    return next(drill for drill in DRILLS if (drill.code, drill.template) == (code, template))


def test_every_fault_is_tried_where_it_can_be_put(northern: Complex) -> None:
    assert [code for code in CATALOGUE if code not in {drill.code for drill in DRILLS}] == []
    for drill in DRILLS:
        assert drill.template in drill.fault.templates
        at_site = {unit.template for unit in northern.units if unit.site == drill.site} | {SITE}
        assert drill.template in at_site and drill.site in (drill.part or northern.site_of)
        within, (low_s, high_s) = drill.within_s, drill.fault.within_s
        assert low_s <= within[0] <= within[1] <= high_s, "a drill's band is no wider than the catalogue's"


def test_drills_that_run_together_touch_nothing_of_each_other() -> None:
    runs = shared(list(DRILLS))
    assert sorted(drill.code for together in runs for drill in together) == sorted(drill.code for drill in DRILLS)
    for together in runs:
        assert len({drill.part for drill in together}) == 1
        prefixes = [prefix for drill in together for prefix in drill.watched]
        assert not [a for i, a in enumerate(prefixes) for b in prefixes[i + 1 :] if a.startswith(b) or b.startswith(a)]


def test_a_part_of_a_complex_has_its_sites_alone_and_runs(northern: Complex) -> None:
    part = part_of(northern, ("S22", "S12"))
    assert [site.id for site in part.sites] == ["S12", "S22"]
    assert part.sites[1].first == part.sites[0].count and sum(site.count for site in part.sites) == len(part.tags)
    for unit in part.units:
        assert all(path.startswith(f"{unit.path}.") for path in part.tags.path[unit.rows])
        assert {part.units[i].path for i in part.tags.unit[unit.rows]} == {unit.path}
    twin = TwinPlant(part, 1, START_S * 1_000_000)
    twin.advance(START_S + 2)
    assert np.isfinite(twin.values).all()


def test_lost_draught_is_found_and_judged_on_a_pair_of_plants(roasting: Complex) -> None:
    (found,) = run(roasting, [replace(drill_of("F15", "T_RKILN"), part=("S12",))], 1, START_S)
    assert found.place == "S12.ROAST.RKILN001" and found.took_s is not None
    assert found.moved[0] == Moved("S12.ROAST.RKILN001.P_HEAD", "P_HEAD", 1)
    assert 1 < next(each.after_s for each in found.moved if each.name == "HF_AMB") < found.took_s <= 30
    assert not [each for each in found.moved if "RKILN" in each.path and not each.path.startswith(found.place)]
    assert row(found).ok


def test_nothing_is_injected_where_no_unit_stands_as_wanted(roasting: Complex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.catalogue.lockstep.WAIT_S", 3)
    (found,) = run(roasting, [replace(drill_of("F15", "T_RKILN"), when={"STATE": (0.0, 0.0)})], 1, START_S)
    assert found.place == "" and found.took_s is None and not row(found).ok


def test_tags_move_when_they_leave_their_noise_and_the_own_come_first(roasting: Complex) -> None:
    tags, n = roasting.tags, len(roasting.tags)
    own, other = tags.row_of["S12.ROAST.RKILN002.P_HEAD"], tags.row_of["S12.ROAST.RKILN001.DRV_A"]
    slow, state = tags.row_of["S12.ROAST.RKILN002.HF_AMB3"], tags.row_of["S12.ROAST.RKILN002.STATE"]
    noise = Noise(np.zeros(n))
    for second in range(400):
        noise.hear(np.where(np.arange(n) == own, 3.0 * (-1.0) ** second, 0.0))
    assert noise.sigma[own] == pytest.approx(3.0 * np.sqrt(2.0), rel=0.01) and noise.sigma[slow] == 0.0
    least = smallest_move(tags, noise, np.zeros(n))
    assert least[own] == pytest.approx(6.0 * np.sqrt(2.0), rel=0.01)
    assert least[slow] == pytest.approx(2.0 / tags.scale[slow]) and least[state] == 0.5
    movers = Movers(tags, np.arange(n), least, "S12.ROAST.RKILN002")
    usual, ill = np.zeros(n), np.zeros(n)
    ill[own] = 0.9 * least[own]
    movers.look(1, ill, usual)
    ill[own], ill[slow], ill[state], ill[other] = -9.0, 1.0, 1.0, 50.0
    movers.look(2, ill, usual)
    ill[tags.row_of["S12.ROAST.RKILN002.HF_AMB1"]] = 9.0
    movers.look(3, ill, usual)
    assert [(each.name, each.after_s) for each in movers.first()] == [
        ("HF_AMB", 2),
        ("STATE", 2),
        ("P_HEAD", 2),
        ("DRV_A", 2),
    ]


def test_tags_of_another_kind_of_unit_are_not_expected(northern: Complex) -> None:
    watched = {"T_BATH", "Z_TT", "FUME_DP", "FAN_A"}
    assert expected_tags(drill_of("F03", "T_CELL"), northern.templates, watched) == ("T_BATH",)
    assert expected_tags(drill_of("F03", "T_SC"), northern.templates, watched) == ()
    assert expected_tags(drill_of("F14", "T_SCRUB"), northern.templates, watched) == ("FAN_A", "FUME_DP")
    assert expected_tags(drill_of("F14", "T_SCRUB"), northern.templates, ()) == ("FAN_A",)


def outcome(took_s: int | None, *moved: str) -> Found:
    paths = tuple(Moved(f"S05.H1.SC001.{name}", name, i + 1) for i, name in enumerate(moved))
    return Found(drill_of("F06", "T_SC"), "S05.H1.SC001", 0.01, paths, ("WH_VDE",), took_s)


def test_a_consequence_is_judged_at_the_usual_size() -> None:
    good = row(outcome(1246, "WH_VDE"))
    assert (good.took_s, good.after_s, good.ok) == (1246, 498_400.0, True)
    for took_s in (None, 600, 2400):
        assert not row(outcome(took_s, "WH_VDE")).ok


def test_a_tag_of_the_catalogue_has_to_be_among_the_first() -> None:
    others = [f"T{i}" for i in range(6)]
    assert row(outcome(1246, *others[:5], "WH_VDE")).ok
    late = row(outcome(1246, *others, "WH_VDE"))
    assert late.expected == (("WH_VDE", 7),) and not late.tags_ok and not late.ok
    assert not row(outcome(1246)).ok


def test_the_table_says_what_was_measured_and_by_which_law() -> None:
    shown = table([row(outcome(1246, "WH_VDE")), row(outcome(None))])
    assert "| F06 WHEEL_BEARING | S05.H1.SC001 | 0.01 d | WH_VDE 1 s | WH_VDE 1 s |" in shown
    assert "| 5.77 d, measured 20.8 min (1) | 3 d to 10 d | ok |" in shown
    assert "| never (1) | 3 d to 10 d | OUT |" in shown and shown.count("(1) the size is") == 1
    assert [time(s) for s in (22, 119, 120, 7199, 7200, 129_600)] == [
        "22 s",
        "119 s",
        "2 min",
        "120 min",
        "2 h",
        "1.5 d",
    ]


class Told:
    """Readings by tag, as a judge sees them."""

    def __init__(self, **readings: float) -> None:
        self.readings = readings

    def __getitem__(self, tag: str) -> float:
        return self.readings[tag]


def test_labels_that_count_up_are_in_order_and_others_are_not() -> None:
    def judged(*labels: float) -> list[bool]:
        judge = OutOfOrder("LABEL")
        return [judge(Told(LABEL=label)) for label in labels]  # type: ignore[arg-type]

    assert judged(7.0, 7.0, 8.0, 9.0) == [False] * 4
    assert judged(7.0, 9.0, 8.0) == [False, True, True]


def test_what_stands_is_judged_by_how_long_it_stands_on_end() -> None:
    judge = Standing(lambda seen: seen["FLAG"] == 1.0, 2)
    flags = (1.0, 1.0, 0.0, 1.0, 1.0, 1.0)
    assert [judge(Told(FLAG=flag)) for flag in flags] == [False] * 5 + [True]  # type: ignore[arg-type]


def test_a_moving_mean_forgets_and_noise_cancels_between_the_plants(roasting: Complex) -> None:
    usual, ill = (TwinPlant(roasting, 1, START_S * 1_000_000) for _ in range(2))
    seen = Seen(ill, usual, "S12.ROAST.RKILN001")
    means = []
    for value in (1.0, 3.0, 5.0):
        ill.values[roasting.tags.row_of["S12.ROAST.RKILN001.P_HEAD"]] = value
        means.append(seen.mean("P_HEAD", 2))
    assert means == [1.0, 2.0, 4.0]
    assert seen.off("S12.ROAST.RKILN002.P_HEAD") == 0.0
    assert seen.off("P_HEAD") == 5.0 - usual.values[roasting.tags.row_of["S12.ROAST.RKILN001.P_HEAD"]]


def test_what_is_missing_from_the_water_books_is_told_in_spreads_of_its_meters(northern: Complex) -> None:
    """15 t/h in and 14.9 out: 2.4 t/d are missing; a day's 360 t are known to 1.8 t, and two gaugings of 2 t."""
    plant = part_of(northern, ("S08",))
    values = np.zeros(len(plant.tags))
    for group, each in ((IN, 5.0), (IN_COND, 64.31), (PERMEATE, 14.9 / 4)):
        values[[plant.tags.row_of[path] for path in group]] = each
    books = Books(plant.tags)
    assert [second for second in range(1, 2 * DAY_S + 1) if books.enter(values)] == [DAY_S, 2 * DAY_S]
    assert books.missing_t_d[0] == pytest.approx(2.4)
    assert books.missing_t_d[1] == pytest.approx(0.05 * 360.0 - 0.3 / 286.0 * 357.6, rel=1e-3)
    spread_t_d = np.hypot(1.8 / np.sqrt(2.0), 2.0 * np.sqrt(2.0) / 1.75)
    assert books.sigmas()[0] == pytest.approx(2.4 / spread_t_d)


def test_one_fault_out_of_its_band_fails_the_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(ok: bool) -> list[Row]:
        return [row(outcome(1246, "WH_VDE")), row(outcome(1246 if ok else 99, "WH_VDE"))]

    monkeypatch.setattr(faults_catalogue, "tried", lambda drills, seed: rows(True))
    assert faults_catalogue.main(["--only", "F06"]) == 0
    monkeypatch.setattr(faults_catalogue, "tried", lambda drills, seed: rows(False))
    assert faults_catalogue.main(["--only", "F06"]) == 1
    with pytest.raises(SystemExit):
        faults_catalogue.main(["--only", "F99"])
