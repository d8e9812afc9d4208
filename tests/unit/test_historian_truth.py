"""What is known does not depend on the order in which it came."""

from itertools import permutations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.historian.truth import DELETE, INSERT, REPLACE, Corrections, Stored, known
from didymium.model.readings import CORRECTED, LATE, Readings
from didymium.model.status import BAD, UNCERTAIN

Row = tuple[int, int, float, int, int, int]
Made = tuple[int, int, int, float, int, int]


def stored(rows: list[Row]) -> Stored:
    """Rows (tag, time, value, status, flags, known_s); only tag and time are in order."""
    rows = sorted(rows, key=lambda row: row[:2])
    types = (np.uint32, np.int64, np.float64, np.uint32, np.uint8, np.uint32)
    columns = list(zip(*rows, strict=True)) or [()] * 6
    return Stored(*(np.array(column, dtype) for column, dtype in zip(columns, types, strict=True)))


def made(rows: list[Made]) -> Corrections:
    """Corrections (tag, time, kind, value, status, at_us) in the order in which they were made."""
    rows = [(*row, version) for version, row in enumerate(rows)]
    rows.sort(key=lambda row: (row[0], row[1], row[6]))
    types = (np.uint32, np.int64, np.uint8, np.float64, np.uint32, np.int64, np.uint64)
    columns = list(zip(*rows, strict=True)) or [()] * 7
    return Corrections(*(np.array(column, dtype) for column, dtype in zip(columns, types, strict=True)))


def listed(readings: Readings) -> list[tuple[int, int, int, int, int]]:
    bits = readings.value.view(np.uint64)
    columns = (readings.tag, readings.time_us, bits, readings.status, readings.flags)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def bits(value: float) -> int:
    return int(np.float64(value).view(np.uint64))


def by_hand(rows: list[Row], corrections: list[Made], at_us: int | None) -> list[tuple[int, int, int, int, int]]:
    answer: dict[tuple[int, int], tuple[int, int, int] | None] = {}
    for tag, time, value, status, flags, known_s in rows:
        if at_us is not None and (time > at_us or known_s * 1_000_000 > at_us):
            continue
        before = answer.get((tag, time))
        one = (status, bits(value), flags)
        answer[tag, time] = one if before is None else min(before, one)
    for tag, time, kind, value, status, made_us in corrections:
        if at_us is not None and made_us > at_us:
            continue
        raw = answer.get((tag, time))
        flags = (raw[2] if raw else 0) | CORRECTED
        # A deleted row leaves its flags behind for whoever corrects again.
        answer[tag, time] = (status, bits(value), flags, kind) if kind != DELETE else (0, 0, flags, DELETE)  # type: ignore[assignment]
    return [
        (tag, time, row[1], row[0], row[2])
        for (tag, time), row in sorted(answer.items())
        if row is not None and not (len(row) == 4 and row[3] == DELETE)
    ]


def test_columns_are_given_back_as_they_are_where_nothing_is_to_decide() -> None:
    given = stored([(1, 5, 1.0, 0, 0, 0), (1, 6, 1.0, 0, 0, 9), (2, 6, 1.0, 0, 0, 0)])
    assert known(given, Corrections.none(), None).value is given.value


def test_of_two_rows_the_good_one_holds_whatever_came_first() -> None:
    rows: list[Row] = [
        (1, 5, 9.0, BAD, 0, 0),
        (1, 5, 8.0, UNCERTAIN, 0, 0),
        (1, 5, 7.0, 0, LATE, 0),
        (1, 5, 7.0, 0, 0, 0),
        (1, 5, 7.5, 0, 0, 0),
    ]
    for order in permutations(rows):
        assert listed(known(stored(list(order)), Corrections.none(), None)) == [(1, 5, bits(7.0), 0, 0)]


def test_the_last_correction_holds_and_a_late_row_does_not_undo_it() -> None:
    rows: list[Row] = [(1, 5, 1.0, 0, LATE, 0)]
    first, second = (1, 5, REPLACE, 2.0, 0, 100), (1, 5, REPLACE, 3.0, UNCERTAIN, 200)
    assert listed(known(stored(rows), made([first, second]), None)) == [(1, 5, bits(3.0), UNCERTAIN, CORRECTED | LATE)]
    assert listed(known(stored(rows), made([first, second]), 150)) == [(1, 5, bits(2.0), 0, CORRECTED | LATE)]
    assert listed(known(stored(rows), made([first, second]), 99)) == [(1, 5, bits(1.0), 0, LATE)]
    again: list[Row] = [*rows, (1, 5, 0.5, 0, 0, 0)]
    assert listed(known(stored(again), made([second]), None))[0][2:4] == (bits(3.0), UNCERTAIN)


def test_deleted_row_is_gone_and_an_inserted_one_is_there() -> None:
    rows: list[Row] = [(1, 5, 1.0, 0, 0, 0), (2, 1, 4.0, 0, 0, 0)]
    told = made([(1, 5, DELETE, 0.0, 0, 100), (1, 4, INSERT, 2.0, 0, 100), (3, 1, INSERT, 5.0, 0, 100)])
    assert [row[:3] for row in listed(known(stored(rows), told, None))] == [
        (1, 4, bits(2.0)), (2, 1, bits(4.0)), (3, 1, bits(5.0)),
    ]  # fmt: skip
    assert [row[:2] for row in listed(known(stored(rows), told, 99))] == [(1, 5), (2, 1)]


def test_late_row_is_unknown_before_it_came() -> None:
    rows: list[Row] = [(1, 5, 1.0, 0, 0, 0), (1, 6, 2.0, 0, LATE, 10)]
    assert len(known(stored(rows), Corrections.none(), 10_000_000)) == 2
    assert len(known(stored(rows), Corrections.none(), 9_999_999)) == 1
    assert len(known(stored(rows), Corrections.none(), 4)) == 0, "nor is anything known before its own time"


NUMBERS = st.sampled_from([0.0, -0.0, 1.5, float("nan"), float("inf"), 5e-324])
STATUS = st.sampled_from([0, 1, UNCERTAIN, BAD, 0xFFFF_FFFF])
TAG, TIME, MOMENT = st.integers(1, 3), st.integers(0, 4), st.integers(0, 3).map(lambda s: s * 1_000_000)
ROWS = st.lists(st.tuples(TAG, TIME, NUMBERS, STATUS, st.integers(0, 2), st.integers(0, 3)), max_size=30)
MADE = st.lists(st.tuples(TAG, TIME, st.sampled_from([INSERT, REPLACE, DELETE]), NUMBERS, STATUS, MOMENT), max_size=10)


@settings(max_examples=150, deadline=None)
@given(ROWS, MADE, st.none() | MOMENT, st.randoms(use_true_random=False))
def test_whatever_came_in_whatever_order_is_as_counted_by_hand(rows, told, at_us, shuffle) -> None:  # type: ignore[no-untyped-def]
    told = sorted(told, key=lambda one: one[5])
    expected = by_hand(rows, told, at_us)
    shuffle.shuffle(rows)
    assert listed(known(stored(rows), made(told), at_us)) == expected
