"""The parts of minutes: the same bits however readings come, and from the past as from the present."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kpi_desk import HOUR_US, REACTOR, START_US, Desk, kpi

from didymium.kpi.functions import FUNCTIONS
from didymium.kpi.parts import MINUTE_US, NEVER, Parts
from didymium.kpi.past import folded
from didymium.model.readings import AHEAD, Readings

ALL = "".join(
    kpi(f"{name}({'STATE > 2' if name in ('seconds', 'starts') else 'LEVEL'})", unit, id_=name)
    for name, unit in {
        "growth": "%", "changes": "%", "count": "1", "integral": "%·h", "mean": "%", "std": "%", "minimum": "%",
        "maximum": "%", "first": "%", "last": "%", "readings": "1", "known": "h", "seconds": "h", "starts": "1",
    }.items()
)  # fmt: skip
SECONDS = 3 * 3600


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    assert {name for name in FUNCTIONS if f"{name}(" not in ALL} == set()
    return Desk(tmp_path_factory.mktemp("kpi") / "c", ALL)


def noise(seed: int) -> tuple[Readings, np.ndarray]:
    """Three hours of two tags with gaps, bad values and full mantissas, by tag and time; the tag of each."""
    rng = np.random.default_rng(seed)
    parts, tags = [], []
    for tag in (0, 1):
        second = np.flatnonzero(rng.random(SECONDS) < 0.3)
        second = second[(second < 4000) | (second > 4000 + 900 * tag)]
        value = rng.normal(50.0, 10.0, len(second)) if tag == 0 else rng.integers(0, 6, len(second)).astype(np.float64)
        value[rng.random(len(second)) < 0.01] = np.nan
        status = np.where(rng.random(len(second)) < 0.01, np.uint32(0x8000_0000), np.uint32(0)).astype(np.uint32)
        time_us = START_US + second * 1_000_000 + rng.integers(0, 1_000_000, len(second))
        parts.append(Readings.of(np.full(len(second), tag, np.uint32), time_us, value, status))
        tags.append(np.full(len(second), tag, np.int32))
    return Readings.concat(parts), np.concatenate(tags)


def same(one: Parts, other: Parts, minutes: Sequence[int]) -> bool:
    """Whether the parts of some minutes are the same bits."""
    at, there = (np.array(minutes) % parts.size for parts in (one, other))
    return bool(
        one.values[:, at].tobytes() == other.values[:, there].tobytes()
        and one.counts[:, at].tobytes() == other.counts[:, there].tobytes()
    )


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**31), each=st.integers(1, 4000))
def test_it_does_not_matter_how_readings_are_grouped(desk: Desk, seed: int, each: int) -> None:
    readings, tag = noise(seed)
    order = np.argsort(readings.time_us, kind="stable")
    by_time, tag_by_time = readings.take(order), tag[order]
    one, other = (Parts(desk.kpis.slots, START_US // MINUTE_US, 200) for _ in range(2))
    one.take(readings, tag)
    for at in range(0, len(by_time), each):
        other.take(by_time.take(slice(at, at + each)), tag_by_time[at : at + each])
    assert same(one, other, range(one.first_minute, one.first_minute + 180))


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**31), first=st.integers(0, 150), length=st.integers(1, 60))
def test_a_stretch_of_the_past_is_folded_to_the_same_bits(desk: Desk, seed: int, first: int, length: int) -> None:
    readings, tag = noise(seed)
    live = Parts(desk.kpis.slots, START_US // MINUTE_US, 240)
    live.take(readings, tag)
    begin = live.first_minute + first

    def span(ids: Sequence[int], from_us: int, to_us: int) -> Readings:
        mine = np.isin(readings.tag, ids) & (readings.time_us >= from_us) & (readings.time_us < to_us)
        return readings.take(mine)

    past = folded(desk.kpis.slots, np.array([0, 1], np.uint32), span, begin, begin + length)
    assert same(live, past, range(begin, begin + length))


def test_a_tag_that_was_silent_for_hours_is_compared_with_its_last_value(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "c", kpi("growth(TOT_FEED)", "m³"))
    desk.feed(f"{REACTOR}.TOT_FEED", {0: 5.0, 30 * 3600: 9.0})
    asked = []

    def span(ids: Sequence[int], from_us: int, to_us: int) -> Readings:
        asked.append((from_us, to_us))
        time_us = np.array([START_US, START_US + 30 * HOUR_US])
        mine = (time_us >= from_us) & (time_us < to_us)
        return Readings.of(np.zeros(2, np.uint32), time_us, np.array([5.0, 9.0])).take(mine)

    begin = (START_US + 30 * HOUR_US) // MINUTE_US
    past = folded(desk.kpis.slots, np.array([0], np.uint32), span, begin, begin + 1)
    assert same(desk.parts, past, [begin])
    assert desk.worth(hours=31.0) == 4.0
    assert min(from_us for from_us, _ in asked) <= START_US


def test_a_late_reading_is_noted_and_not_folded(desk: Desk) -> None:
    parts = Parts(desk.kpis.slots, START_US // MINUTE_US, 60)
    time_us = START_US + np.array([10, 300, 70, 301]) * 1_000_000
    readings = Readings.of(np.zeros(4, np.uint32), time_us, np.array([1.0, 2.0, 99.0, 3.0]))
    parts.take(readings.take(np.array([0])), np.zeros(1, np.int32))
    assert parts.touched.tolist() == [parts.first_minute, NEVER], "what came before the first is not known"
    parts.touched[0], parts.touched_to[0] = NEVER, 0
    parts.take(readings.take(np.array([1, 2, 3])), np.zeros(3, np.int32))
    assert parts.counts[0].sum() == 3
    assert parts.touched.tolist() == [parts.first_minute + 1, NEVER]
    assert parts.touched_to[0] == parts.first_minute + 5


def test_a_reading_of_a_closed_minute_reopens_it(desk: Desk) -> None:
    parts = Parts(desk.kpis.slots, START_US // MINUTE_US, 60)
    parts.closed = parts.first_minute + 4
    time_us = START_US + np.array([130, 300]) * 1_000_000
    parts.take(Readings.of(np.zeros(2, np.uint32), time_us, np.array([1.0, 2.0])), np.zeros(2, np.int32))
    assert parts.reopened.tolist() == [parts.first_minute + 2, NEVER]


def test_a_reading_of_a_clock_that_is_ahead_is_left_out(desk: Desk) -> None:
    parts = Parts(desk.kpis.slots, START_US // MINUTE_US, 60)
    flags = np.array([0, AHEAD], np.uint8)
    time_us = START_US + np.array([130, 300]) * 1_000_000
    readings = Readings.of(np.zeros(2, np.uint32), time_us, np.array([1.0, 2.0]), None, flags)
    parts.take(readings, np.zeros(2, np.int32))
    assert parts.counts.sum() == 1


def test_old_minutes_give_way_to_new_ones(desk: Desk) -> None:
    parts = Parts(desk.kpis.slots, START_US // MINUTE_US, 10)
    one = np.zeros(1, np.int32)
    for minute in (0, 3, 12):
        parts.move_on(START_US // MINUTE_US + minute)
        at_us = np.array([START_US + minute * MINUTE_US])
        parts.take(Readings.of(np.zeros(1, np.uint32), at_us, np.array([float(minute)])), one)
    assert parts.first_minute == START_US // MINUTE_US + 3
    kept = {minute: int(parts.counts[0, minute % 10]) for minute in range(parts.first_minute, parts.end_minute)}
    assert [minute - START_US // MINUTE_US for minute, count in kept.items() if count] == [3, 12]
    parts.move_on(START_US // MINUTE_US + 1000)
    assert parts.counts.sum() == 0
