"""How a long answer is cut: small where there is much, in large strides where there is nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from didymium.model.readings import Readings
from didymium.web import slices
from didymium.web.slices import Wanted, batches, first_rows, groups

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US


def wanted(tags: int, to_us: int, period_s: float = 1.0) -> Wanted:
    ids = np.arange(11, 11 + tags, dtype=np.uint32)
    return Wanted(tuple(f"S01.A.U.T{i}" for i in range(tags)), ids, np.full(tags, period_s), 0, to_us)


class Store:
    """Answers as the historian does, a reading per tag and ``every_us`` from ``first_us`` on; notes what is asked."""

    def __init__(self, every_us: int, first_us: int = 0) -> None:
        self.every_us = every_us
        self.first_us = first_us
        self.asked: list[tuple[int, int, int]] = []
        self.most = 0

    def read(self, ids: Sequence[int], from_us: int, to_us: int) -> Readings:
        self.asked.append((len(ids), from_us, to_us))
        begin = max(self.first_us, -(-from_us // self.every_us) * self.every_us)
        time_us = np.arange(begin, to_us, self.every_us, dtype=np.int64)
        tag = np.repeat(np.array(sorted(ids), np.uint32), len(time_us))
        self.most = max(self.most, len(tag))
        return Readings.of(tag, np.tile(time_us, len(ids)), np.zeros(len(tag)))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "SLICE_ROWS", 1000)
    monkeypatch.setattr(slices, "EMPTY_ROWS", 64_000)


def test_few_rows_of_many_tags_come_together_and_many_rows_of_one_alone() -> None:
    assert groups(wanted(10, 300 * SECOND_US)) == [(0, 3), (3, 6), (6, 9), (9, 10)]
    assert groups(wanted(3, DAY_US)) == [(0, 1), (1, 2), (2, 3)]
    assert groups(wanted(0, DAY_US)) == []


def test_every_row_comes_once_and_in_order() -> None:
    store = Store(SECOND_US)
    found = list(batches(wanted(2, 3500 * SECOND_US), store.read))
    assert [batch.num_rows for batch in found] == [1000, 1000, 1000, 500] * 2
    time_us = np.concatenate([batch["time"].cast("int64").to_numpy() for batch in found])
    assert time_us.tolist() == [second * SECOND_US for second in range(3500)] * 2
    assert found[4]["path"][0].as_py() == "S01.A.U.T1"


def test_nothing_is_passed_over_in_strides_that_grow_to_a_limit() -> None:
    store = Store(SECOND_US, first_us=9 * DAY_US)
    found = list(batches(wanted(1, 9 * DAY_US + 10 * SECOND_US), store.read))
    assert sum(batch.num_rows for batch in found) == 10
    assert len(store.asked) < 20
    assert max(to_us - from_us for _, from_us, to_us in store.asked) == 64_000 * SECOND_US


def test_readings_more_often_than_the_period_says_are_cut_smaller() -> None:
    store = Store(SECOND_US // 100)
    found = [batch.num_rows for batch in batches(wanted(2, 3600 * SECOND_US), store.read)]
    assert sum(found) == 720_000
    assert found[0] == 100_000 and max(found[1:]) == 1000  # those behind the first know better, of the next tag too


def test_the_first_rows_end_the_reading() -> None:
    store = Store(SECOND_US)
    assert len(first_rows(wanted(1, DAY_US), store.read, 1500)) == 1500
    assert len(store.asked) == 2
    assert len(first_rows(wanted(1, 50 * SECOND_US), store.read, 1500)) == 50
