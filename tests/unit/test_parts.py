"""The engine's files: which folders count, frames byte by byte, counts of zeros, and rows found by hand."""

from __future__ import annotations

import gc
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from didymium.historian.columns import flat
from didymium.historian.parts.city import hashed
from didymium.historian.parts.errors import Unreadable
from didymium.historian.parts.frames import fill, plain
from didymium.historian.parts.names import active
from didymium.historian.parts.part import _places
from didymium.historian.parts.table import _assembled, _Found, _granules, _within
from didymium.historian.parts.zstd import _library

NONE, LZ4, ZSTD, MULTIPLE, DELTA = 0x02, 0x82, 0x90, 0x91, 0x92
ENDED = 1 << 62
"""In a count of zeros: the block that was written ends with them."""
INDEX = (
    "9bd1a3f6661cbe30c226bc96cd1cda0d902a0000001800000028b52ffd2018c1"
    "00000100000000c0747bae40060003000000a0e59a7bae400600"
)
"""A part's primary.cidx as chdb 4.4 wrote it: tag 1 at midnight of 9 October 2025, tag 3 at 2.5 s."""


# Names


def test_merged_part_takes_the_place_of_its_sources() -> None:
    assert active(["20251009_1_1_0", "20251009_3_3_0", "20251009_1_2_1", "20251009_2_2_0"]) == [
        "20251009_1_2_1",
        "20251009_3_3_0",
    ]


def test_merge_of_merges_covers_every_level_below() -> None:
    names = ["a_1_1_0", "a_2_2_0", "a_1_2_1", "a_3_3_0", "a_4_9_1", "a_1_9_2"]
    assert active(names) == active(reversed(names)) == ["a_1_9_2"]


def test_latest_mutation_of_the_same_blocks_counts() -> None:
    assert active(["a_1_3_1", "a_1_3_1_4", "a_1_3_1_12", "a_5_5_0", "a_5_5_0_12"]) == ["a_1_3_1_12", "a_5_5_0_12"]


def test_merge_after_a_mutation_counts_before_it() -> None:
    assert active(["a_1_1_0", "a_2_2_0", "a_1_1_0_3", "a_2_2_0_3", "a_1_2_1_3", "a_1_2_2_3"]) == ["a_1_2_2_3"]


def test_empty_part_of_a_dropped_partition_covers_what_was_there() -> None:
    names = ["20251009_1_1_0", "20251009_2_5_1", "20251009_1_5_2", "20251010_6_6_0"]
    assert active(names) == ["20251009_1_5_2", "20251010_6_6_0"]


@pytest.mark.parametrize(
    "name",
    [
        "tmp_insert_20251009_2_2_0",
        "tmp_merge_20251009_1_2_1",
        "tmp-fetch_20251009_1_2_1",
        "delete_tmp_20251009_1_1_0",
        "broken-on-start_20251009_1_2_1",
        "detached",
        "deduplication_logs",
        "format_version.txt",
        "mutation_7.txt",
        "20251009_1_2",
        "20251009_1_2_1_4_5",
        "20251009_1_2_1.proj",
        "20251009_x_2_1",
        "20251009_-1_2_1",
        "_1_2_1",
        "",
    ],
)
def test_folder_of_another_name_is_no_part(name: str) -> None:
    assert active([name, "20251009_1_1_0"]) == ["20251009_1_1_0"]


@pytest.mark.parametrize("names", [["a_1_3_1", "a_2_4_1"], ["a_1_1_0", "a_1_2_1", "a_2_3_1"]])
def test_parts_that_overlap_and_do_not_cover_are_refused(names: list[str]) -> None:
    with pytest.raises(Unreadable, match="overlaps another"):
        active(names)


def test_part_with_changes_of_other_parts_rows_is_refused() -> None:
    with pytest.raises(Unreadable, match="changes rows of other parts"):
        active(["20251009_1_1_0", "patch-0c6bea3bff03db457030e4053ee6fa27-20251009_2_2_0_1"])


def test_partitions_do_not_cover_each_other() -> None:
    assert active(["b_1_9_1", "a_2_2_0", "a_11_11_0", "b_3_3_0"]) == ["a_2_2_0", "a_11_11_0", "b_1_9_1"]


# Frames


def frame(method: int, body: bytes, plain_size: int, packed_size: int | None = None) -> bytes:
    """With its checksum, which is right also where the sizes are not."""
    size = 9 + len(body) if packed_size is None else packed_size
    content = bytes([method]) + size.to_bytes(4, "little") + plain_size.to_bytes(4, "little") + body
    low, high = hashed(np.frombuffer(content, np.uint8), 0, len(content))
    return int(low).to_bytes(8, "little") + int(high).to_bytes(8, "little") + content


def nested(method: int, body: bytes, plain_size: int) -> bytes:
    """A frame inside another one, without checksum."""
    return bytes([method]) + (9 + len(body)).to_bytes(4, "little") + plain_size.to_bytes(4, "little") + body


def zstd_frame(data: bytes) -> bytes:
    return frame(ZSTD, zstd.compress(data), len(data))


def multiple_frame(data: bytes) -> bytes:
    """As for CODEC(ZSTD) of a column of its own."""
    return frame(MULTIPLE, bytes([1, ZSTD]) + nested(ZSTD, zstd.compress(data), len(data)), len(data))


def delta_frame(numbers: NDArray[Any], width: int | None = None, kept: int = 0) -> bytes:
    """As for CODEC(Delta, ZSTD): ``width`` and ``kept`` bytes as they say, whatever the numbers are."""
    differences = np.diff(numbers, prepend=numbers.dtype.type(0)).tobytes()
    body = bytes([width or numbers.itemsize, kept]) + differences
    inner = nested(DELTA, body, len(differences))
    outer = nested(ZSTD, zstd.compress(inner), len(inner))
    return frame(MULTIPLE, bytes([2, DELTA, ZSTD]) + outer, len(differences))


def filled(chunks: Sequence[bytes], skip: Sequence[int], sizes: Sequence[int], dtype: str = "u1") -> list[int]:
    """What ``fill`` makes of them; sizes in bytes."""
    out = np.zeros(sum(sizes) // np.dtype(dtype).itemsize, dtype)
    fill(chunks, np.array(skip, np.int64), np.array(sizes, np.int64), out)
    return [int(number) for number in out]


DATA = bytes(range(40, 80))


def test_frame_that_the_engine_wrote_is_read() -> None:
    index = plain(bytes.fromhex(INDEX)).view([("tag", "<u4"), ("time", "<i8")])
    assert index["tag"].tolist() == [1, 3]
    assert index["time"].tolist() == [1_759_968_000_000_000, 1_759_968_002_500_000]


@pytest.mark.parametrize("made", [zstd_frame, multiple_frame, lambda data: frame(NONE, data, len(data))])
def test_frames_follow_each_other_whatever_their_codec(made: Any) -> None:
    chunk = made(DATA[:10]) + zstd_frame(DATA[10:25]) + made(DATA[25:])
    assert bytes(plain(chunk)) == DATA
    assert bytes(filled([chunk], [0], [40])) == DATA
    assert bytes(filled([chunk], [7], [20])) == DATA[7:27]
    assert bytes(filled([chunk], [10], [3])) == DATA[10:13]
    assert bytes(filled([chunk], [25], [15])) == DATA[25:]
    assert bytes(filled([chunk, chunk], [30, 2], [5, 20])) == DATA[30:35] + DATA[2:22]


def test_no_frames_hold_no_bytes() -> None:
    assert plain(b"").tolist() == []
    assert filled([b""], [0], [0]) == []


@pytest.mark.parametrize("short", [1, 15, 16, 24, 25, -1])
def test_frames_that_end_early_are_refused(short: int) -> None:
    chunk = zstd_frame(DATA)
    cut = chunk[:short]
    with pytest.raises(Unreadable):
        filled([cut], [0], [40])
    with pytest.raises(Unreadable, match="no whole number of frames"):
        plain(cut)


def test_more_bytes_than_the_frames_have_are_refused() -> None:
    with pytest.raises(Unreadable, match="end early"):
        filled([zstd_frame(DATA)], [0], [41])
    with pytest.raises(Unreadable, match="end early"):
        filled([zstd_frame(DATA)], [41], [1])


def test_chunk_does_not_go_on_in_the_next_one() -> None:
    chunk = zstd_frame(DATA)
    with pytest.raises(Unreadable, match="end early"):
        filled([chunk, chunk], [0, 0], [41, 39])
    with pytest.raises(Unreadable, match="size is wrong"):
        filled([chunk[:-3], chunk], [0, 0], [40, 40])


def test_every_byte_of_a_frame_is_covered_by_its_checksum() -> None:
    chunk = delta_frame(np.arange(20, dtype=np.uint32) ** 2)
    for at in range(len(chunk)):
        harmed = bytearray(chunk)
        harmed[at] ^= 0x10
        with pytest.raises(Unreadable):
            filled([bytes(harmed)], [0], [80], "<u4")


def test_frame_that_is_passed_over_is_compared_with_its_checksum_too() -> None:
    chunk = bytearray(zstd_frame(DATA[:10]) + zstd_frame(DATA[10:]))
    assert bytes(filled([bytes(chunk)], [10], [5])) == DATA[10:15]
    chunk[16 + 5] = 8  # its size, from which it would follow that two bytes more are passed over
    with pytest.raises(Unreadable, match="checksum"):
        filled([bytes(chunk)], [10], [5])


@pytest.mark.parametrize(
    "body",
    [
        bytes([1, LZ4]) + nested(LZ4, b"\x10\x28", 1),
        bytes([2, DELTA, LZ4]) + nested(LZ4, b"\x10\x28", 1),
        bytes([2, 0x94, ZSTD]) + nested(ZSTD, zstd.compress(b"x"), 1),
        bytes([3, DELTA, DELTA, ZSTD]) + nested(ZSTD, zstd.compress(b"x"), 1),
        bytes([1, ZSTD]) + nested(NONE, b"x", 1),
        bytes([1, ZSTD]),
    ],
)
def test_codecs_that_are_not_known_here_are_refused(body: bytes) -> None:
    with pytest.raises(Unreadable, match="codec"):
        plain(frame(MULTIPLE, body, 1))


@pytest.mark.parametrize("method", [0, LZ4, DELTA, 0xFF])
def test_methods_that_are_not_known_here_are_refused(method: int) -> None:
    with pytest.raises(Unreadable, match="codec"):
        plain(frame(method, b"\x10\x28", 1))


@pytest.mark.parametrize("said", [39, 41])
def test_frame_of_another_size_than_it_says_is_refused(said: int) -> None:
    packed = zstd.compress(DATA)
    with pytest.raises(Unreadable, match="cannot be unpacked"):
        filled([frame(ZSTD, packed, said)], [0], [39])
    with pytest.raises(Unreadable, match="cannot be unpacked"):
        filled([frame(MULTIPLE, bytes([1, ZSTD]) + nested(ZSTD, packed, said), said)], [2], [37])
    for outer, inner in ((said, 40), (40, said)):
        with pytest.raises(Unreadable, match="size is wrong"):
            filled([frame(MULTIPLE, bytes([1, ZSTD]) + nested(ZSTD, packed, inner), outer)], [2], [outer - 2])


def test_plain_bytes_that_are_fewer_than_said_are_refused() -> None:
    with pytest.raises(Unreadable, match="size is wrong"):
        filled([frame(NONE, DATA, 41)], [0], [41])


@pytest.mark.parametrize("size", [0, 8, 200, 2**31, 2**32 - 1])
def test_header_with_an_impossible_size_is_refused(size: int) -> None:
    chunk = frame(NONE, DATA, 40, packed_size=size)
    with pytest.raises(Unreadable, match="size is wrong"):
        filled([chunk], [0], [40])
    with pytest.raises(Unreadable, match="no whole number of frames"):
        plain(chunk)


def test_frame_that_says_more_than_a_gigabyte_is_refused_before_memory_is_taken() -> None:
    chunk = frame(NONE, DATA, (1 << 30) + 1)
    with pytest.raises(Unreadable):
        filled([chunk], [0], [40])
    with pytest.raises(Unreadable, match="no whole number of frames"):
        plain(chunk)


@pytest.mark.parametrize(
    ("chunk", "skip", "size"),
    [
        (delta_frame(np.arange(8, dtype=np.uint64)), 0, 64),  # of wider numbers
        (delta_frame(np.arange(8, dtype=np.uint8)), 0, 8),  # of narrower ones
        (delta_frame(np.arange(8, dtype=np.uint32), kept=1), 0, 32),
        (delta_frame(np.arange(8, dtype=np.uint32)), 2, 8),  # from the middle of one
    ],
)
def test_differences_of_another_width_are_refused(chunk: bytes, skip: int, size: int) -> None:
    with pytest.raises(Unreadable, match="width"):
        filled([chunk], [skip], [size], "<u4")


def test_differences_of_two_bytes_are_not_known_here() -> None:
    with pytest.raises(Unreadable, match="width"):
        filled([delta_frame(np.arange(8, dtype=np.uint16))], [0], [16], "<u2")


def test_sums_wrap_as_the_engine_lets_them() -> None:
    numbers = np.array([0, 2**64 - 1, 1, 2**63, 2**63 - 1], np.uint64)
    assert filled([delta_frame(numbers)], [0], [40], "<u8") == numbers.tolist()
    assert filled([delta_frame(numbers)], [16], [24], "<i8") == [1, -(2**63), 2**63 - 1]


@st.composite
def columns(draw: st.DrawFn) -> tuple[NDArray[Any], list[int]]:
    """Numbers of one width, and how many of them each frame has."""
    dtype = np.dtype(draw(st.sampled_from(["u1", "<u4", "<u8"])))
    numbers = draw(npst.arrays(dtype, st.integers(1, 80)))
    cuts = sorted(draw(st.sets(st.integers(1, len(numbers)), max_size=4)) | {len(numbers)})
    return numbers, np.diff([0, *cuts]).tolist()


@settings(deadline=None, max_examples=150)
@given(columns(), st.data())
def test_differences_come_back_from_any_row_on(column: tuple[NDArray[Any], list[int]], data: st.DataObject) -> None:
    numbers, counts = column
    ends = np.cumsum(counts).tolist()
    frames = [delta_frame(numbers[end - n : end]) for n, end in zip(counts, ends, strict=True)]
    chunk, width = b"".join(frames), numbers.itemsize
    first = data.draw(st.integers(0, len(numbers)), "first row")
    rows = data.draw(st.integers(0, len(numbers) - first), "rows")
    again = data.draw(st.integers(0, rows), "rows of the second chunk")
    out = np.zeros(rows + again, numbers.dtype)
    fill([chunk, chunk], np.array([first, first]) * width, np.array([rows, again]) * width, out)
    assert out.tolist() == [*numbers[first : first + rows].tolist(), *numbers[first : first + again].tolist()]


def test_thread_that_ends_gives_back_what_the_library_kept_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _library is not None
    freed: list[object] = []
    monkeypatch.setattr(_library, "ZSTD_freeDCtx", freed.append)
    thread = threading.Thread(target=plain, args=(zstd_frame(DATA),))
    thread.start()
    thread.join()
    gc.collect()
    assert len(freed) == 1


# Counts of zeros


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
