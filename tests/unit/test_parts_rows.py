"""The engine's files: counts of zeros, and rows found by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from didymium.historian.columns import flat
from didymium.historian.parts.part import _places
from didymium.historian.parts.table import _assembled, _Found, _granules, _within

# Counts of zeros


ENDED = 1 << 62
"""In a count of zeros: the block that was written ends with them."""


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def places(packed: bytes, rows: int) -> list[int] | None:
    """Where the values are; None where the counts are wrong."""
    found, count = _places(np.array(list(packed), np.uint8), rows)
    return None if count < 0 else found[:count].tolist()


@pytest.mark.parametrize(
    ("counts", "rows", "at"),
    [
        ([5 | ENDED], 5, []),
        ([0, 0, 0, 0 | ENDED], 3, [0, 1, 2]),
        ([1, 0, 2 | ENDED], 5, [1, 2]),
        ([200, 99 | ENDED], 300, [200]),
        ([2 | ENDED, 1, 1 | ENDED], 5, [3]),  # two blocks were written
        ([0 | ENDED, 1, 0 | ENDED, 0, 0 | ENDED], 3, [1, 2]),
        ([4], 5, [4]),
        ([3 | ENDED, 7, 9 | ENDED], 3, []),  # what follows is of the next granule
        ([], 0, []),
    ],
)
def test_zeros_are_counted_up_to_each_value(counts: list[int], rows: int, at: list[int]) -> None:
    assert places(b"".join(map(varint, counts)), rows) == at


@pytest.mark.parametrize(
    ("packed", "rows"),
    [
        (b"", 1),
        (varint(1), 5),  # three rows are not told
        (varint(3 | ENDED), 4),
        (varint(6 | ENDED), 5),
        (varint(5), 5),  # the value would lie behind the last row
        (varint(9), 5),
        (b"\x81", 5),  # a count that goes on
        (b"\x80" * 11 + b"\x01", 5),
        (b"\xff" * 10, 5),
        (varint(2**61), 5),
        (varint(2**63) + b"\0" * 5000, 1),
        (varint(2**63 | ENDED) + b"\0" * 5000, 1),
        (varint(2**64 - 1) + b"\0" * 5000, 1),
    ],
)
def test_counts_that_do_not_fill_the_rows_are_refused(packed: bytes, rows: int) -> None:
    assert places(packed, rows) is None


# Rows of tags and times


def found(tag: Sequence[int], time: Sequence[int], tags: Sequence[int], first: int, end: int) -> list[tuple[int, int]]:
    starts, ends = _within(
        flat(np.array(tag, np.uint32)), flat(np.array(time, np.int64)), np.array(tags, np.uint32), first, end
    )
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def test_rows_of_each_tag_begin_at_first_and_end_before_end() -> None:
    tag, time = [1, 1, 1, 3, 3, 7], [10, 20, 20, 5, 20, 20]
    assert found(tag, time, [1, 3, 7], 10, 20) == [(0, 1), (4, 4), (5, 5)]
    assert found(tag, time, [1, 3, 7], 20, 21) == [(1, 3), (4, 5), (5, 6)]
    assert found(tag, time, [1, 7], -(2**60), 2**60) == [(0, 3), (5, 6)]
    assert found(tag, time, [0, 2, 9], -(2**60), 2**60) == [(0, 0), (3, 3), (6, 6)]
    assert found([], [], [1], 0, 1) == [(0, 0)]


def granules(tags: Sequence[int], first: int, end: int) -> list[tuple[int, int]]:
    """Of five granules: 1@0 to 1@50, to 2@10, to 2@10, to 4@0, to the last row 6@90."""
    tag, time = np.array([1, 1, 2, 2, 4, 6], np.uint32), np.array([0, 50, 10, 10, 0, 90])
    starts, ends = _granules(tag, time, np.array(tags, np.uint32), first, end)
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


@pytest.mark.parametrize(
    ("tags", "first", "end", "runs"),
    [
        ([1], 0, 50, [(0, 1)]),
        ([1], 0, 51, [(0, 2)]),
        ([1], 50, 51, [(0, 2)]),  # rows of 1@50 may end the first granule
        ([1], 51, 60, [(1, 2)]),
        ([2], 10, 11, [(1, 4)]),  # a granule of nothing but 2@10, and what borders on it
        ([2], 11, 99, [(3, 4)]),
        ([3], 0, 99, [(3, 4)]),
        ([6], 90, 91, [(4, 5)]),
        ([6], 91, 99, []),
        ([9], 0, 99, []),
        ([0], 0, 99, []),
        ([1, 6], 0, 10, [(0, 1), (4, 5)]),
        ([1, 2, 3, 4], 0, 99, [(0, 5)]),  # neighbours are joined
        ([1, 3], 0, 20, [(0, 1), (3, 4)]),
        ([3, 5], 0, 20, [(3, 5)]),
    ],
)
def test_granules_that_may_hold_the_rows_are_named(
    tags: list[int], first: int, end: int, runs: list[tuple[int, int]]
) -> None:
    assert granules(tags, first, end) == runs


def of_part(tag: Sequence[int], ts: Sequence[int], low: Sequence[int], tags: Sequence[int]) -> _Found:
    """What a part has of these tags at any time."""
    columns: dict[str, NDArray[Any]] = {
        "tag": np.array(tag, np.uint32),
        "ts": np.array(ts, np.int64),
        "low": np.array(low, np.uint8),
    }
    starts, ends = _within(flat(columns["tag"]), flat(columns["ts"]), np.array(tags, np.uint32), -99, 99)
    return _Found(starts, ends, columns)


def assembled(parts: Sequence[_Found], tags: Sequence[int]) -> list[tuple[int, ...]]:
    columns = _assembled(parts, ["ts", "low"], np.array(tags, np.uint32))
    return list(zip(*(columns[name].tolist() for name in ("tag", "ts", "low")), strict=True)) if columns else []


def test_rows_of_one_part_are_cut_out_by_tag() -> None:
    part = ([1, 1, 2, 3, 3], [5, 6, 5, 1, 9], [10, 11, 12, 13, 14])
    assert assembled([of_part(*part, [3])], [3]) == [(3, 1, 13), (3, 9, 14)]
    assert assembled([of_part(*part, [1, 2, 3])], [1, 2, 3]) == list(zip(*part, strict=True))
    assert assembled([of_part(*part, [1, 3])], [1, 3]) == [(1, 5, 10), (1, 6, 11), (3, 1, 13), (3, 9, 14)]
    assert assembled([of_part(*part, [1, 8])], [1, 8]) == [(1, 5, 10), (1, 6, 11)]


def test_parts_are_joined_tag_by_tag_and_by_time() -> None:
    tags = [1, 2, 4]
    parts = [
        of_part([1, 1, 2], [10, 30, 10], [1, 2, 3], tags),
        of_part([1, 2, 4, 4], [20, 20, 7, 8], [4, 5, 6, 7], tags),
        of_part([2, 4], [15, 3], [8, 9], tags),
    ]
    assert assembled(parts, tags) == [
        (1, 10, 1),
        (1, 20, 4),
        (1, 30, 2),
        (2, 10, 3),
        (2, 15, 8),
        (2, 20, 5),
        (4, 3, 9),
        (4, 7, 6),
        (4, 8, 7),
    ]


def test_rows_of_one_moment_in_two_parts_are_both_kept() -> None:
    parts = [of_part([5, 5], [1, 2], [1, 2], [5]), of_part([5, 5], [1, 2], [3, 4], [5])]
    assert assembled(parts, [5]) == [(5, 1, 1), (5, 1, 3), (5, 2, 2), (5, 2, 4)]


def test_no_part_with_rows_gives_no_columns() -> None:
    assert assembled([], [1, 2]) == []
