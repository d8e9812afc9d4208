"""The seconds of a site: from readings, twice, and what stays silent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from alarm_desk import REACTOR, SOON, Desk, new_engine

from didymium.alarms.frames import SECOND_US, Framing
from didymium.alarms.hearing import Hearing
from didymium.alarms.life import State
from didymium.model.readings import AHEAD, HISTORICAL, Readings

RISE = '[[alarms]]\nid = "HEATS"\ntemplates = ["T_PRECIP"]\nkind = "rate"\ntag = "TEMP"\nhigh = 60\nwindow_s = 5\n'


def test_a_silent_site_is_one_alarm_and_its_units_are_under_it(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    desk.pass_s(30, sites=(1,))
    words = desk.tick()
    assert [word for word in words if "*" in word] == ["S01/OFFLINE ACTIVATE* UNACK"]
    assert desk.state("S01.PR1.PRECIP001/STALE") is State.SUPPRESSED
    desk.pass_s(1)
    assert "S01/OFFLINE CLEAR RTN_UNACK" in desk.tick()


def test_a_silent_tag_makes_its_unit_stale(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    row = desk.plant.tags.row_of[f"{REACTOR}.TEMP"]
    for _ in range(20):
        desk.second += 1
        frame = desk.frame(0)
        frame.fresh[row] = False
        desk.engine.take(frame)
        desk.engine.take(desk.frame(1))
    assert desk.tick() == ["STALE ACTIVATE* UNACK"]
    assert desk.said[-1].value[0] == 1, "one tag is silent"


def test_nothing_is_silent_while_a_backlog_comes_in() -> None:
    hearing = Hearing(started_us=700 * SECOND_US)
    for sent, came in ((10, 760), (300, 761)):
        hearing.hear(sent, came * SECOND_US)
    assert hearing.heard_us(763 * SECOND_US) == (300 + 3 + 2) * SECOND_US  # what is under way, and two seconds since
    hearing.hear(761, 764 * SECOND_US)
    assert hearing.heard_us(764 * SECOND_US) == 764 * SECOND_US


def test_nothing_at_all_is_silence_after_five_minutes() -> None:
    hearing = Hearing(started_us=1_000 * SECOND_US)
    assert hearing.heard_us(1_299 * SECOND_US) == 1_000 * SECOND_US
    assert hearing.heard_us(1_315 * SECOND_US) == 1_015 * SECOND_US


def test_a_second_that_is_done_brings_nothing(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    desk.pass_s(1, {"TEMP": 61})
    desk.values[f"{REACTOR}.TEMP"] = 40
    assert len(desk.engine.take(desk.frame(0))) == 0
    desk.second -= 1
    assert len(desk.engine.take(desk.frame(0))) == 0


def test_a_second_that_is_done_is_remembered_by_whoever_starts_anew(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON + RISE)
    desk.pass_s(6)
    fresh = new_engine(desk.plant, desk.definitions)
    fresh.restore(replace(desk.engine.state(), signals=fresh.state().signals))
    last, desk.engine = desk.second, fresh
    for desk.second in range(last - 6, last + 1):
        assert len(fresh.take(desk.frame(0))) == 0
    assert desk.pass_s(1, {"TEMP": 54}) == ["TEMP/HEATS ACTIVATE* UNACK"]  # 9 K in 5 s


def readings_of(desk: Desk, row: int, at_us: list[int], flags: int = 0) -> Readings:
    n = len(at_us)
    return Readings(
        np.full(n, row, np.uint32), np.array(at_us), np.arange(n, dtype=np.float64), np.zeros(n, np.uint32),
        np.full(n, flags, np.uint8),
    )  # fmt: skip


def test_frames_do_not_depend_on_how_readings_are_batched(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    ids = np.arange(len(desk.plant.tags), dtype=np.int32)
    stream = readings_of(desk, 3, [1_000_000, 2_100_000, 1_900_000, 3_000_000, 1_950_000, 4_000_000, 9_000_000])
    whole, single = Framing(desk.plant, ids), Framing(desk.plant, ids)
    at_once = whole.take(stream)
    one_by_one = [frame for k in range(len(stream)) for frame in single.take(stream.take(slice(k, k + 1)))]
    assert [(f.site, f.second, f.value[3], f.fresh.sum()) for f in at_once] == [
        (0, 1, 2, 1),  # the reading at 1.9 s comes after that at 2.1 s
        (0, 2, 1, 1),
        (0, 3, 3, 1),
        (0, 4, 5, 1),
    ]
    assert [(f.second, f.value[3]) for f in one_by_one] == [(f.second, f.value[3]) for f in at_once]
    assert (whole.late, whole.taken_late) == (single.late, single.taken_late) == (1, 0)  # 1.95 s after 2.1 s is known


def test_what_comes_late_and_is_news_stands_in_the_next_frame(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    framing = Framing(desk.plant, np.arange(len(desk.plant.tags), dtype=np.int32))
    framing.take(readings_of(desk, 3, [1_000_000, 2_000_000, 3_000_000]))
    assert framing.take(readings_of(desk, 4, [1_500_000])) == []
    (frame,) = framing.take(readings_of(desk, 3, [4_000_000]))
    assert (frame.second, frame.fresh[3], frame.fresh[4]) == (2, True, True)
    assert (frame.time_us[3], frame.time_us[4]) == (2_000_000, 1_500_000)
    assert (framing.late, framing.taken_late) == (0, 1)


def test_readings_from_a_clock_ahead_and_history_close_no_frame(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON)
    framing = Framing(desk.plant, np.arange(len(desk.plant.tags), dtype=np.int32))
    framing.take(readings_of(desk, 3, [500_000], HISTORICAL))
    framing.take(readings_of(desk, 3, [1_000_000]))
    assert framing.take(readings_of(desk, 3, [9_000_000_000], AHEAD)) == []
    assert (framing.not_now, framing.late) == (2, 0)
