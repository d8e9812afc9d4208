"""How a batch is sorted and cut."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.historian import batch
from didymium.historian.batch import blocks, in_store_order
from didymium.historian.schema import DAY_US
from didymium.model.readings import Readings


def readings(rows: list[tuple[int, int]]) -> Readings:
    tag = np.array([r[0] for r in rows], np.uint32)
    return Readings.of(tag, np.array([r[1] for r in rows], np.int64), np.arange(len(rows), dtype=np.float64))


def columns(rows: Readings) -> list[np.ndarray]:
    return [rows.tag, rows.time_us, rows.value, rows.status, rows.flags]


@settings(deadline=None)  # the first example compiles
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(-5, 5))))
def test_store_order_is_by_tag_then_time_and_stable(rows: list[tuple[int, int]]) -> None:
    given = readings(rows)
    given.flags[:] = np.arange(len(rows)) % 256
    order = sorted(range(len(rows)), key=lambda i: rows[i])
    for found, column in zip(columns(in_store_order(given)), columns(given), strict=True):
        assert found.tolist() == [column[i] for i in order]


def test_huge_tag_ids_need_no_huge_table() -> None:
    assert in_store_order(readings([(2**32 - 1, 0), (3, 0)])).tag.tolist() == [3, 2**32 - 1]


def test_rows_are_cut_at_midnight_and_none_is_lost() -> None:
    rows = [(2, DAY_US - 1), (1, DAY_US), (1, DAY_US - 1), (1, 5 * DAY_US)]
    cut = list(blocks(readings(rows), "e-1-2"))
    assert [b.readings.value.tolist() for b in cut] == [[2.0, 0.0], [1.0], [3.0]]
    assert len({b.token for b in cut}) == 3


def test_a_long_batch_is_cut_into_blocks_below_the_engines_own_limit() -> None:
    n = batch.BLOCK_ROWS + 10
    many = Readings.of(np.ones(n, np.uint32), np.arange(n, dtype=np.int64), np.zeros(n))
    cut = list(blocks(many, "t"))
    assert [len(b.readings) for b in cut] == [batch.BLOCK_ROWS, 10]
    assert len({b.token for b in cut}) == 2
    assert batch.BLOCK_ROWS < 1_048_449


def test_replay_gives_the_same_tokens_and_another_stream_under_the_same_numbers_does_not() -> None:
    rows = [(1, 100), (2, 100)]
    first = [b.token for b in blocks(readings(rows), "e-1-2")]
    assert first == [b.token for b in blocks(readings(rows), "e-1-2")]
    assert first != [b.token for b in blocks(readings([(1, 200), (2, 200)]), "e-1-2")]


def test_nothing_makes_no_block() -> None:
    assert list(blocks(Readings.empty(), "t")) == []
