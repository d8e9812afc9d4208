"""The fault measurement's own arithmetic: what is missing, what is there twice."""

from __future__ import annotations

import numpy as np

from bench.faults import compare
from didymium.model.readings import Readings


def some(n: int) -> Readings:
    return Readings.of(np.arange(n, dtype=np.uint32), np.full(n, 5, np.int64), np.full(n, np.nan))


def test_the_same_readings_in_any_order_are_all_there_once() -> None:
    assert compare(some(9), some(9).take(np.arange(9)[::-1])) == (0, 0)


def test_what_is_missing_and_what_is_there_twice_do_not_cancel() -> None:
    stored = Readings.concat([some(9).take(slice(2, None)), some(9).take(slice(4, 7))])
    assert compare(some(9), stored) == (2, 3)


def test_a_reading_that_differs_in_one_bit_is_another() -> None:
    changed = some(9)
    changed.value.view(np.uint64)[3] ^= np.uint64(1)
    assert compare(some(9), changed) == (1, 1)


def test_nothing_against_nothing() -> None:
    assert compare(Readings.empty(), Readings.empty()) == (0, 0)
