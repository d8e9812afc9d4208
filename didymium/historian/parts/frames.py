"""ClickHouse's compressed frames as numpy arrays.

A frame is 16 bytes of checksum, then a header of method (u8), compressed size with the header (u32) and plain size
(u32), then the data. ``Multiple`` lists the codecs that the data went through, and holds a frame without checksum of
the last of them, whose plain bytes are a frame of the one before. ``Delta`` holds the width of its numbers, how many
bytes are as they were, these bytes, and differences. Every checksum is compared before a frame is used. Known are
``ZSTD``, ``Delta`` under ``ZSTD``, and plain bytes, which is what our tables have.
Source: https://clickhouse.com/docs/development/architecture and Compression/CompressionInfo.h of ClickHouse.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.parts.city import half, holds
from didymium.historian.parts.errors import Unreadable
from didymium.historian.parts.zstd import context, unpack

_CHECKSUM: Final = 16
_HEADER: Final = 9
_NONE: Final = 0x02
_ZSTD: Final = 0x90
_MULTIPLE: Final = 0x91
_DELTA: Final = 0x92
_MOST_BYTES: Final = 1 << 30
"""No frame of ours is larger; a header that says so is damaged."""
_WRONG: Final = (
    "",
    "the frames end early",
    "a frame's size is wrong",
    "a frame's checksum is wrong",
    "a frame's codec is not known here",
    "a frame cannot be unpacked",
    "a frame's differences are of another width than its numbers",
)

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]


def fill(chunks: Sequence[bytes], skip: Places, sizes: Places, out: NDArray[Any]) -> None:
    """Fill ``out`` from the frames in each chunk: ``sizes[k]`` plain bytes after the first ``skip[k]`` of chunk k.

    Raises ``Unreadable`` where a checksum or a size is wrong or a chunk's frames end early.
    """
    data = np.frombuffer(chunks[0] if len(chunks) == 1 else b"".join(chunks), np.uint8)
    starts = np.zeros(len(chunks) + 1, np.int64)
    np.cumsum([len(each) for each in chunks], out=starts[1:])
    wrong = _filled(data, starts, skip, sizes, out.view(np.uint8), out.itemsize, context())
    if wrong:
        raise Unreadable(_WRONG[wrong])


def plain(data: bytes) -> Bytes:
    """All plain bytes of whole frames. Raises ``Unreadable``."""
    size = _plain_size(np.frombuffer(data, np.uint8))
    if size < 0:
        raise Unreadable(f"{len(data)} bytes are no whole number of frames")
    out = np.empty(size, np.uint8)
    fill([data], np.zeros(1, np.int64), np.full(1, size), out)
    return out


@njit(cache=True, nogil=True)
def _plain_size(data: Bytes) -> int:  # pragma: no cover - compiled
    """Of all frames; −1 where these do not end with the data."""
    at, size = np.int64(0), np.int64(0)
    while at + _CHECKSUM + _HEADER <= len(data):
        packed = np.int64(half(data, at + _CHECKSUM + 1))
        if packed < _HEADER:
            return -1
        size += np.int64(half(data, at + _CHECKSUM + 5))
        at += _CHECKSUM + packed
    return int(size) if at == len(data) and size <= _MOST_BYTES else -1


@njit(cache=True, nogil=True)
def _filled(
    data: Bytes, starts: Places, skips: Places, sizes: Places, out: Bytes, width: int, library: int
) -> int:  # pragma: no cover - compiled
    """As ``fill``; the place in ``_WRONG`` of what is wrong, 0 when all is well."""
    scratch = np.empty(0, np.uint8)
    base = np.int64(0)
    for k in range(len(sizes)):
        at, end = starts[k], starts[k + 1]
        skip, filled = skips[k], np.int64(0)
        while filled < sizes[k]:
            if at + _CHECKSUM + _HEADER > end:
                return 1
            size = np.int64(half(data, at + _CHECKSUM + 1))
            plain_size = np.int64(half(data, at + _CHECKSUM + 5))
            upto = at + _CHECKSUM + size
            if size < _HEADER or upto > end or plain_size > _MOST_BYTES:
                return 2
            if not holds(data, at, size):
                return 3
            if skip >= plain_size:
                skip -= plain_size
                at = upto
                continue
            taken = min(plain_size - skip, sizes[k] - filled)
            method = data[at + _CHECKSUM]
            body = at + _CHECKSUM + _HEADER
            target = base + filled
            differences = False
            if method == _MULTIPLE:
                if body + 3 + _HEADER > upto:
                    return 4
                if data[body] == 2 and data[body + 1] == _DELTA and data[body + 2] == _ZSTD:
                    differences = True
                    body += 3
                elif data[body] == 1 and data[body + 1] == _ZSTD:
                    body += 2
                else:
                    return 4
                method = data[body]
                if method != _ZSTD:
                    return 4
                if differences:
                    plain_size += _HEADER + 2
                if plain_size != np.int64(half(data, body + 5)):
                    return 2
                body += _HEADER
            if method == _NONE:
                if body + plain_size > upto:
                    return 2
                out[target : target + taken] = data[body + skip : body + skip + taken]
            elif method != _ZSTD:
                return 4
            else:
                whole = not differences and skip == 0 and taken == plain_size
                if not whole and len(scratch) < plain_size:
                    scratch = np.empty(plain_size, np.uint8)
                to = out.ctypes.data + target if whole else scratch.ctypes.data
                if unpack(library, to, plain_size, data.ctypes.data + body, upto - body) != np.uint64(plain_size):
                    return 5
                if differences:
                    # A nested header, the width, the bytes that are as they were, differences.
                    numbers = _HEADER + 2
                    fits = scratch[_HEADER] == width and scratch[_HEADER + 1] == 0 and scratch[0] == _DELTA
                    if (
                        not fits
                        or width not in (1, 4, 8)
                        or (skip | taken) % width
                        or skip + taken + numbers > plain_size
                    ):
                        return 6
                    _sum(scratch[numbers : numbers + skip + taken], skip, out[target : target + taken], width)
                elif not whole:
                    out[target : target + taken] = scratch[skip : skip + taken]
            filled += taken
            skip = np.int64(0)
            at = upto
        base += sizes[k]
    return 0


@njit(cache=True, nogil=True)
def _sum(differences: Bytes, skip: int, out: Bytes, width: int) -> None:  # pragma: no cover - compiled
    """The running sums from byte ``skip`` on, of numbers of so many bytes."""
    if width == 8:
        _running(differences.view(np.uint64), skip // 8, out.view(np.uint64))
    elif width == 4:
        _running(differences.view(np.uint32), skip // 4, out.view(np.uint32))
    else:
        _running(differences, skip, out)


@njit(cache=True, nogil=True)
def _running(differences: NDArray[Any], skip: int, out: NDArray[Any]) -> None:  # pragma: no cover - compiled
    total = np.uint64(0)
    for i in range(skip):
        total += differences[i]
    for i in range(len(out)):
        total += differences[skip + i]
        out[i] = total
