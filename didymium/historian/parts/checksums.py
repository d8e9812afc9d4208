"""The sizes and hashes of a part's files, as its ``checksums.txt`` has them, for files that have none of their own.

``checksums.txt`` is a line with its version and one frame: the number of files, and for each its name, size, hash,
and for compressed ones the plain size and hash, which the frames themselves bear out.
Source: MergeTreeDataPartChecksum.cpp and HashingWriteBuffer.h of ClickHouse.
"""

from __future__ import annotations

from pathlib import Path
from struct import Struct, error
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.parts.city import seeded
from didymium.historian.parts.errors import Unreadable
from didymium.historian.parts.frames import plain

_VERSION: Final = b"checksums format version: 4\n"
_HASH: Final = Struct("<QQ")
_BLOCK: Final = 2048
"""A file is hashed block by block, each with the hash so far for its seed."""


class Checksums:
    """Reads files of one part, and compares them."""

    def __init__(self, folder: Path) -> None:
        """Raises ``Unreadable``, or ``OSError`` where the file is not there."""
        self._folder = folder
        data = (folder / "checksums.txt").read_bytes()
        if not data.startswith(_VERSION):
            raise Unreadable(f"part {folder.name} has checksums of another version")
        try:
            self._known = _parsed(plain(data[len(_VERSION) :]).tobytes())
        except (error, IndexError, UnicodeDecodeError) as wrong:
            raise Unreadable(f"the checksums of part {folder.name} are damaged: {wrong}") from wrong

    def file(self, name: str) -> bytes:
        """The file's content. Raises ``Unreadable`` where it is not what was written, ``OSError`` where it is gone."""
        content = (self._folder / name).read_bytes()
        size, wanted = self._known.get(name, (-1, (0, 0)))
        low, high = file_hash(np.frombuffer(content, np.uint8))
        if len(content) != size or (int(low), int(high)) != wanted:
            raise Unreadable(f"part {self._folder.name}, {name}: its checksum is wrong")
        return content


def _parsed(data: bytes) -> dict[str, tuple[int, tuple[int, int]]]:
    """Size and hash by file."""
    at = 0

    def varint() -> int:
        nonlocal at
        number = shift = 0
        while True:
            byte = data[at]
            at += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7

    known: dict[str, tuple[int, tuple[int, int]]] = {}
    for _ in range(varint()):
        length = varint()
        name = data[at : at + length].decode()
        at += length
        size = varint()
        known[name] = size, _HASH.unpack_from(data, at)
        compressed = data[at + _HASH.size]
        at += _HASH.size + 1
        if compressed:
            varint()
            at += _HASH.size
    return known


@njit(cache=True, nogil=True)
def file_hash(data: NDArray[np.uint8]) -> tuple[np.uint64, np.uint64]:  # pragma: no cover - compiled
    """The low and the high 64 bits over a whole file."""
    low, high = np.uint64(0), np.uint64(0)
    at = 0
    while at < len(data):
        length = min(_BLOCK, len(data) - at)
        low, high = seeded(data, at, length, low, high)
        at += length
    return low, high
