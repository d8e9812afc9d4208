"""Corrections and annotations: new versions with who, when and why, and every question as known now or then."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from didymium.historian import Historian, Position, buckets
from didymium.historian.errors import RefusedAnnotation, RefusedCorrection
from didymium.historian.schema import DAY_US, MINUTE_US
from didymium.historian.store import open_engine
from didymium.model.readings import CORRECTED, Readings
from didymium.model.status import BAD_NO_DATA, UNCERTAIN

PATHS = [f"S{1 + i % 2:02d}.A.U.T{i}" for i in range(4)]
T0 = 1_760_000_000_000_000 // DAY_US * DAY_US
END = T0 + 2 * 60 * MINUTE_US

Open = Callable[[], Historian]


class Clock:
    """What the historian takes for now."""

    def __init__(self) -> None:
        self.now_us = T0

    def __call__(self) -> int:
        return self.now_us


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("didymium.historian.store._now_us", clock)
    return clock


@pytest.fixture
def reopen(engine_url: str, clock: Clock) -> Iterator[Open]:
    opened: list[Historian] = []

    def again() -> Historian:
        if opened:
            opened.pop().close()
        opened.append(Historian(open_engine(engine_url), PATHS))
        return opened[-1]

    yield again
    for historian in opened:
        historian.close()


@pytest.fixture
def store(reopen: Open, clock: Clock) -> Historian:
    """Two tags, one reading each every 20 s for two hours, value the second of the day, all rolled up."""
    store = reopen()
    second = np.arange(0, 7200, 20)
    tag = np.repeat(np.array([1, 2], np.uint32), len(second))
    store.write(Readings.of(tag, T0 + np.tile(second, 2) * 1_000_000, np.tile(second, 2) * 1.0), Position("e", 1, 1))
    clock.now_us = END + 20_000_000
    roll(store, clock)
    return store


def roll(store: Historian, clock: Clock) -> None:
    while store.roll(clock()):
        pass
    assert store._roller.minutes.open_minutes(0, 2**62) == []


def one(tag: int, second: int, value: float = 0.0, status: int = 0) -> Readings:
    columns = (np.array([tag], np.uint32), np.array([T0 + second * 1_000_000], np.int64), np.array([value]))
    return Readings.of(*columns, np.array([status], np.uint32))


def rolled(store: Historian, table: str) -> list[tuple[int, int, float]]:
    start = "minute" if table == "points_1m" else "hour"
    found = store.query(
        f"SELECT tag, toUnixTimestamp({start}) AS s, n, total FROM {table} FINAL WHERE n > 0 AND tag = 1 ORDER BY s"
    )
    return [(row["s"] - T0 // 1_000_000, row["n"], row["total"]) for row in found.to_pylist()]


def test_correction_shows_in_every_answer_and_the_row_stays(store: Historian, clock: Clock, reopen: Open) -> None:
    before_us = clock.now_us
    assert rolled(store, "points_1m")[1] == (60, 3, 60.0 + 80 + 100)
    assert rolled(store, "points_1h") == [(0, 180, 322_200.0), (3600, 180, 970_200.0)]
    clock.now_us += 5_000_000
    assert store.correct(one(1, 80, 5.0, UNCERTAIN), "replace", "M. Curie", "wrong range") == 1

    def check(store: Historian) -> None:
        (found,) = (store.raw(1, T0 + 80_000_000, T0 + 81_000_000, 10),)
        assert (found.value.tolist(), found.status.tolist(), found.flags.tolist()) == ([5.0], [UNCERTAIN], [CORRECTED])
        then = store.raw(1, T0 + 80_000_000, T0 + 81_000_000, 10, known_at_us=before_us)
        assert (then.value.tolist(), then.status.tolist(), then.flags.tolist()) == ([80.0], [0], [0])
        assert store.span([2, 1], T0, END).value.sum() == store.span([2], T0, END).value.sum() * 2 - 75
        assert store.query("SELECT value FROM readings WHERE tag = 1 AND toSecond(ts) = 20 LIMIT 2").num_rows == 2

    check(store)
    assert store._roller.minutes.open_minutes(0, 2**62) == [T0 + MINUTE_US]
    assert store._roller.minutes.open_minutes(0, 2**62, [2]) == [], "another tag's minute is as it was"
    check(reopen())
    store = reopen()
    roll(store, clock)
    assert rolled(store, "points_1m")[1] == (60, 3, 60.0 + 100), "an uncertain value is counted and not summed"
    assert rolled(store, "points_1h")[0] == (0, 180, 322_200.0 - 80)
    assert store.query("SELECT value FROM readings WHERE tag = 1 AND value = 80").num_rows == 1


def test_every_version_is_kept_with_who_when_and_why(store: Historian, clock: Clock) -> None:
    for value, who, why in ((5.0, "Ada", "drift"), (6.0, "Bob", "lab says 6")):
        clock.now_us += 1_000_000
        store.correct(one(1, 80, value), "replace", who, why)
    clock.now_us += 1_000_000
    store.correct(one(1, 80), "delete", "Ada", "sensor was out")
    clock.now_us += 1_000_000
    store.correct(one(1, 81, 7.0), "insert", "Ada", "read by hand")
    made = store.corrections([1, 2], T0, END)
    assert [(row.kind, row.old_value, row.value, row.who, row.why) for row in made] == [
        ("replace", 80.0, 5.0, "Ada", "drift"),
        ("replace", 5.0, 6.0, "Bob", "lab says 6"),
        ("delete", 6.0, None, "Ada", "sensor was out"),
        ("insert", None, 7.0, "Ada", "read by hand"),
    ]
    assert [row.at_us for row in made] == [clock.now_us - left * 1_000_000 for left in (3, 2, 1, 0)]
    at = [store.span([1], T0 + 80_000_000, T0 + 82_000_000, known_at_us=row.at_us).value.tolist() for row in made]
    assert at == [[5.0], [6.0], [], [7.0]]
    assert store.corrections([1], T0, T0 + 1) == store.corrections([], T0, END) == []


def test_minute_and_hour_without_a_value_left_vanish(
    store: Historian, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "ROLLUP_FROM_TAG_DAYS", 0.0)
    gone = store.span([1], T0 + 60 * MINUTE_US, END)
    assert store.correct(gone, "delete", "Ada", "belt stood still") == 180
    roll(store, clock)
    assert rolled(store, "points_1h") == [(0, 180, 322_200.0)]
    assert len(rolled(store, "points_1m")) == 60
    assert len(store.span([1], T0, END)) == 180
    answer = store.bucketed([1], T0, END, 2)
    assert (answer.tag.tolist(), answer.count.tolist()) == ([1], [180])
    store.correct(one(1, 3600, 1.5), "insert", "Ada", "it had run")
    roll(store, clock)
    assert rolled(store, "points_1h")[1:] == [(3600, 1, 1.5)]


def test_late_reading_is_unknown_before_it_came(store: Historian, clock: Clock) -> None:
    asked_us = clock.now_us + 1_000_000
    clock.now_us += 2_000_000
    store.write(one(1, 90, 9.0), Position("e", 2, 2))
    clock.now_us += 2_000_000
    store.import_history(one(1, 91, 9.5), "lab")
    span = (T0 + 80_000_000, T0 + 100_000_000)
    assert store.span([1], *span).value.tolist() == [80.0, 9.0, 9.5]
    assert store.span([1], *span, known_at_us=asked_us).value.tolist() == [80.0]
    assert store.span([1], *span, known_at_us=asked_us + 2_000_000).value.tolist() == [80.0, 9.0]
    assert len(store.span([1], *span, known_at_us=T0 + 79_000_000)) == 0


REFUSED = (
    (one(1, 81, 1.0), "replace", "Ada", "x", "no value at .*01:21.* to replace; the nearest are at .*:20.* and .*:40"),
    (one(1, 81, 1.0), "delete", "Ada", "x", "no value at"),
    (one(1, 80, 1.0), "insert", "Ada", "x", "there is a value at .* already: replace it"),
    (one(1, 80, 1.0), "replace", " ", "x", "who is empty"),
    (one(1, 80, 1.0), "replace", "Ada", "", "why is empty"),
    (one(1, 80, 1.0), "replace", "Ada", "x" * 3000, "3,000 characters"),
    (one(1, 80, 1.0), "update", "Ada", "x", "no kind of correction: write insert, replace, delete"),
    (one(1, 80, np.nan), "replace", "Ada", "x", "a good value is a number"),
    (one(1, 80_000, 1.0), "insert", "Ada", "x", "is yet to come"),
    (one(1, -80 - T0 // 1_000_000, 1.0), "insert", "Ada", "x", "not between 1970 and 2106"),
    (Readings.concat([one(1, 80, 1.0)] * 2), "replace", "Ada", "x", "two values are given for"),
    (Readings.empty(), "replace", "Ada", "x", "nothing is to be corrected"),
)


def test_correction_that_cannot_be_is_refused_in_words(store: Historian) -> None:
    for readings, kind, who, why, words in REFUSED:
        with pytest.raises(RefusedCorrection, match=words):
            store.correct(readings, kind, who, why)
    assert store.corrections([1], 0, END) == []
    assert store._roller.minutes.open_minutes(0, 2**62) == []


def test_all_of_a_correction_is_taken_or_none(store: Historian) -> None:
    with pytest.raises(RefusedCorrection, match=r"tag 2.*01:21"):
        store.correct(Readings.concat([one(1, 80, 5.0), one(2, 81, 5.0)]), "replace", "Ada", "x")
    assert store.corrections([1, 2], T0, END) == []


def test_bad_status_needs_no_number(store: Historian) -> None:
    store.correct(one(1, 80, np.nan, BAD_NO_DATA), "replace", "Ada", "cable was cut")
    found = store.raw(1, T0 + 80_000_000, T0 + 81_000_000, 1)
    assert np.isnan(found.value[0])
    assert found.status.tolist() == [BAD_NO_DATA]


def test_annotation_changes_by_versions(store: Historian, clock: Clock, reopen: Open) -> None:
    moment = T0 + 80_000_000
    first_us = clock.now_us
    noted = store.annotate(1, moment, "liner changed", "Ada")
    clock.now_us += 1_000_000
    other = store.annotate(1, moment, "Schicht B übernimmt", "Bob")
    clock.now_us += 1_000_000
    assert store.annotate(1, moment, "liner and gasket changed", "Bob", noted) == noted
    store = reopen()
    found = store.annotations([2, 1], T0, END)
    assert {row.id: (row.text, row.who) for row in found} == {
        noted: ("liner and gasket changed", "Bob"),
        other: ("Schicht B übernimmt", "Bob"),
    }
    assert [row.text for row in store.annotations([1], T0, END, known_at_us=first_us)] == ["liner changed"]
    store.annotate(1, moment, "", "Ada", noted)
    assert [row.id for row in store.annotations([1], T0, END)] == [other]
    every = store.annotations([1], T0, END, every_version=True)
    assert [row.text for row in every if row.id == noted] == ["liner changed", "liner and gasket changed", ""]
    assert store.annotations([], T0, END) == store.annotations([2], T0, END) == []


def test_annotation_without_words_is_refused(store: Historian) -> None:
    for refused, words in (
        ((1, T0, "  ", "Ada"), "no text"),
        ((1, T0, "x", " "), "who is empty"),
        ((1, T0, "x" * 3000, "Ada"), "longer than 2,000"),
        ((1, T0, "x", "Ada", 77), "no annotation 77"),
    ):
        with pytest.raises(RefusedAnnotation, match=words):
            store.annotate(*refused)  # type: ignore[arg-type]
    assert store.annotations([1], 0, END, every_version=True) == []
