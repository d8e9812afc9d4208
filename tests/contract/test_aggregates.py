"""Aggregates of what the historian has stored: bounding values, slices, direction, limits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from didymium.historian import Historian, Position
from didymium.historian.aggregates import asking
from didymium.historian.aggregates.calculation import AggregateValues
from didymium.historian.aggregates.configuration import AggregateConfiguration
from didymium.historian.aggregates.definitions import aggregate_of
from didymium.historian.aggregates.errors import BadIntervals, TooMuchHistory
from didymium.historian.store import open_engine
from didymium.model.readings import Readings
from tests.unit.part13 import NOON_US, SOURCES, assert_table

SECOND_US = 1_000_000
HOUR_US = 3_600 * SECOND_US
DAY_US = 24 * HOUR_US
T0 = NOON_US - 12 * HOUR_US


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Historian]:
    """Tags 1 to 4 are the annex's historians; 5 rises by one a second for 26 h from ``T0``; 6 speaks each half hour."""
    engine = open_engine(f"chdb://{tmp_path_factory.mktemp('aggregates') / 'store'}")
    historian = Historian(engine, [f"S01.A.U.T{i}" for i in range(1, 9)])
    annex = [SOURCES[f"Historian{k}"].readings(k) for k in (1, 2, 3, 4)]
    steady = 26 * 3600
    annex.append(
        Readings.of(
            np.full(steady, 5, np.uint32),
            T0 + np.arange(steady, dtype=np.int64) * SECOND_US,
            np.arange(steady, dtype=np.float64),
        )
    )
    halves = np.arange(53, dtype=np.int64) * 30 * 60 * SECOND_US
    annex.append(Readings.of(np.full(53, 6, np.uint32), T0 + halves, halves / SECOND_US))
    historian.write(Readings.concat(annex), Position("e1", 1, 1))
    yield historian
    historian.close()


def ask(
    store: Historian,
    name: str,
    tags: list[int],
    from_us: int,
    to_us: int,
    interval_us: int,
    configuration: AggregateConfiguration | None = None,
    stepped: bool = False,
    **options: int,
) -> AggregateValues:
    given = configuration or AggregateConfiguration()
    return store.aggregate(
        tags, from_us, to_us, interval_us, aggregate_of(name), given, np.full(len(tags), stepped), **options
    )


@pytest.mark.parametrize(
    ("source", "name", "table"),
    [
        ("Historian1", "MaximumActualTime2", "@15.999 16 UIP|@30 30 UM|30 UI|@63.999 64 UI|@79.999 80 UI|@90 90 UP|N"),
        ("Historian2", "DurationGood", "14000 GCP|16000 GC|10000 GC|16000 GC|13000 GC|7001 GCP|N"),
        ("Historian4", "DurationInStateZero", "0 UCP|3000 GC|0 UC|12000 GC|13000 UC|4000 UCP|N"),
    ],
)
def test_annex_tables_from_the_store(store: Historian, source: str, name: str, table: str) -> None:
    given = SOURCES[source]
    tag = int(source[-1])
    end_us = NOON_US + 100 * SECOND_US
    found = ask(store, name, [tag], NOON_US, end_us, 16 * SECOND_US, given.configuration, given.stepped)
    assert_table(found, table, 16)


def test_bounding_values_come_from_half_an_hour_away_on_both_sides(store: Historian) -> None:
    """Tag 6 is a line through the origin, so its mean over any minute is the minute's middle, in seconds."""
    from_us = T0 + 6 * HOUR_US + 10 * 60 * SECOND_US
    found = ask(store, "TimeAverage2", [6, 5], from_us, from_us + 2 * 60 * SECOND_US, 60 * SECOND_US)
    middle = (from_us - T0) / SECOND_US + 30
    np.testing.assert_allclose(found.value, [middle, middle + 60] * 2, rtol=1e-12)
    assert found.tag.tolist() == [6, 6, 5, 5]
    assert found.status.tolist() == [0x401] * 4


def test_slices_of_tags_and_time_answer_as_one_piece_does(store: Historian, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = (store, "TimeAverage", [6, 1, 5], T0 - HOUR_US, T0 + 27 * HOUR_US, 50 * 60 * SECOND_US)
    whole = {back: ask(*asked[:3], *((asked[4], asked[3]) if back else asked[3:5]), asked[5]) for back in (False, True)}
    monkeypatch.setattr(asking, "SLICE_TAG_US", 5 * HOUR_US)
    monkeypatch.setattr(asking, "STRETCH_US", 5 * HOUR_US)
    for back, expected in whole.items():
        found = ask(*asked[:3], *((asked[4], asked[3]) if back else asked[3:5]), asked[5])
        for name in ("tag", "time_us", "value", "status"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=f"{name} {back}")


def test_backward_answers_the_later_interval_first(store: Historian) -> None:
    """OPC 10000-13, Table 49: from 100 s back to 0 s by 40 s is (60, 100], (20, 60], (0, 20]."""
    found = ask(store, "Count", [5], T0 + 100 * SECOND_US, T0, 40 * SECOND_US)
    assert ((found.time_us - T0) // SECOND_US).tolist() == [100, 60, 20]
    assert found.value.tolist() == [40, 40, 20]
    assert found.status.tolist() == [0x401, 0x401, 0x405], "the last is shorter"


def test_shuffled_repeated_and_late_readings_answer_bit_for_bit_as_ordered_ones(store: Historian) -> None:
    """Tag 8 has what tag 7 has, in any order, in four batches, a tenth of it twice."""
    n = 3_000
    rng = np.random.default_rng(3)
    at = T0 + np.sort(rng.choice(HOUR_US // 1000, n, replace=False)).astype(np.int64) * 1000
    status = rng.choice(np.array([0, 0, 0, 0x4000_0000, 0x8000_0000], np.uint32), n)
    ordered = Readings.of(np.full(n, 7, np.uint32), at, rng.normal(size=n), status)
    store.write(ordered, Position("e1", 2, 2))
    order = rng.permutation(np.concatenate([np.arange(n), rng.choice(n, n // 10, replace=False)]))
    for k, rows in enumerate(np.array_split(order, 4)):
        part = ordered.take(rows)
        shuffled = Readings.of(np.full(len(rows), 8, np.uint32), part.time_us, part.value, part.status)
        store.write(shuffled, Position("e2", k, k))
    for name in ("TimeAverage", "Total2", "Average", "StandardDeviationSample", "NumberOfTransitions", "Count"):
        found = ask(store, name, [7, 8], T0, T0 + HOUR_US, 7 * 60 * SECOND_US)
        half = len(found) // 2
        assert found.value[:half].view(np.uint64).tolist() == found.value[half:].view(np.uint64).tolist(), name
        assert found.status[:half].tolist() == found.status[half:].tolist(), name


def test_no_data_is_an_answer(store: Historian) -> None:
    for name in ("TimeAverage", "TimeAverage2", "Average", "Start", "NumberOfTransitions", "PercentBad"):
        found = ask(store, name, [3, 5], T0 - 10 * DAY_US, T0 - 9 * DAY_US, 12 * HOUR_US)
        assert found.status.tolist() == [0x809B_0000] * 4
        assert np.isnan(found.value).all()
    assert len(ask(store, "Average", [], T0, T0 + 1, 0)) == 0


def test_annotations_are_counted_until_they_are_taken_away(store: Historian) -> None:
    def counted(**options: int) -> list[float]:
        found = ask(store, "AnnotationCount", [5, 6], T0, T0 + 2 * HOUR_US, HOUR_US, **options)
        assert found.status.tolist() == [0x401] * 4
        return list(found.value.tolist())

    assert counted() == [0, 0, 0, 0]
    store.annotate(5, T0, "the valve stuck", "ada")
    wrong = store.annotate(5, T0, "of the wrong tag", "bob")
    store.annotate(6, T0 + 2 * HOUR_US - 1, "cleaned", "ada")
    store.annotate(6, T0 + 2 * HOUR_US, "after the range", "ada")
    assert counted() == [2, 0, 0, 1]
    before_us = store.annotations([5], T0, T0 + 1)[-1].at_us
    store.annotate(5, T0, "", "bob", wrong)
    assert counted() == [1, 0, 0, 1]
    assert counted(known_at_us=before_us)[0] == 2


@pytest.mark.parametrize(
    ("from_us", "to_us", "interval_us", "refused", "says"),
    [
        (T0, T0, 0, BadIntervals, "no length"),
        (T0, T0 + DAY_US, -1, BadIntervals, "-1"),
        (T0, T0 + DAY_US, 50_000, BadIntervals, "1,728,000 .* at most 1,000,000"),
        (T0, T0 + 3650 * DAY_US, 0, TooMuchHistory, "3,650 days is longer than 100 days"),
        (T0, T0 + 4001 * DAY_US, DAY_US, TooMuchHistory, "4,001 tag-days; at most 4,000"),
    ],
)
def test_questions_that_cannot_be_answered_say_why(
    store: Historian, from_us: int, to_us: int, interval_us: int, refused: type[Exception], says: str
) -> None:
    with pytest.raises(refused, match=says):
        ask(store, "Average", [5], from_us, to_us, interval_us)


def test_ten_years_of_one_tag_are_answered(store: Historian) -> None:
    found = ask(store, "Count", [5], T0 - 3600 * DAY_US, T0 + 50 * DAY_US, DAY_US)
    assert np.nansum(found.value) == 26 * 3600
    assert len(found) == 3650
