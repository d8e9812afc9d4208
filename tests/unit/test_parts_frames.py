"""The engine's files: frames byte by byte."""

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

from didymium.historian.parts.city import hashed
from didymium.historian.parts.errors import Unreadable
from didymium.historian.parts.frames import fill, plain
from didymium.historian.parts.zstd import _library

NONE, LZ4, ZSTD, MULTIPLE, DELTA = 0x02, 0x82, 0x90, 0x91, 0x92
INDEX = (
    "9bd1a3f6661cbe30c226bc96cd1cda0d902a0000001800000028b52ffd2018c1"
    "00000100000000c0747bae40060003000000a0e59a7bae400600"
)
"""A part's primary.cidx as chdb 4.4 wrote it: tag 1 at midnight of 9 October 2025, tag 3 at 2.5 s."""


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
