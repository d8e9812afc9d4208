"""ClickHouse's Native format as numpy columns: the fewest steps between arrays and the engine.

A block is ``columns, rows`` as LEB128 varints, then per column its name and type (each a varint length and
UTF-8 bytes) and its values one after the other, little-endian; a string is a varint length and its bytes.
Source: https://clickhouse.com/docs/interfaces/formats/Native
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any] | Sequence[str]

_DTYPES: Final = {
    "UInt8": "u1",
    "UInt16": "<u2",
    "UInt32": "<u4",
    "UInt64": "<u8",
    "Int8": "i1",
    "Int16": "<i2",
    "Int32": "<i4",
    "Int64": "<i8",
    "Float32": "<f4",
    "Float64": "<f8",
    "Bool": "u1",
    "Date": "<u2",
    "DateTime": "<u4",
    "DateTime64": "<i8",
}
_TYPE_NAME = re.compile(r"\w+")


class UnknownType(ValueError):
    """A column type that the historian's own queries do not use."""


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _text(words: str) -> bytes:
    data = words.encode()
    return _varint(len(data)) + data


def dtype_of(type_name: str) -> np.dtype[Any] | None:
    """The numpy type behind a fixed-width ClickHouse type, None for ``String``. Raises ``UnknownType``."""
    if type_name == "String":
        return None
    found = _TYPE_NAME.match(type_name)
    name = found.group() if found else ""
    if name not in _DTYPES:
        raise UnknownType(type_name)
    return np.dtype(_DTYPES[name])


def encode(types: Mapping[str, str], columns: Iterable[Column]) -> bytes:
    """One block: ``types`` is column name to ClickHouse type, in the order of ``columns``, all of one length."""
    listed = list(columns)
    parts: list[bytes | memoryview] = [_varint(len(types)), _varint(len(listed[0]))]
    for (name, type_name), column in zip(types.items(), listed, strict=True):
        parts.append(_text(name))
        parts.append(_text(type_name))
        dtype = dtype_of(type_name)
        if dtype is None:
            parts.extend(_text(words) for words in column)
        elif len(column):
            parts.append(np.ascontiguousarray(column, dtype).data.cast("B"))
    return b"".join(parts)


class _Cursor:
    """Where we are in the bytes of an answer."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes | memoryview) -> None:
        self.data = data
        self.at = 0

    def varint(self) -> int:
        number = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7

    def text(self) -> str:
        length = self.varint()
        self.at += length
        return str(self.data[self.at - length : self.at], "utf-8")

    def array(self, dtype: np.dtype[Any], rows: int) -> NDArray[Any]:
        values = np.frombuffer(self.data, dtype, rows, self.at)
        self.at += values.nbytes
        return values


def rows_of(block: bytes) -> int:
    """The number of rows of one block."""
    cursor = _Cursor(block)
    cursor.varint()
    return cursor.varint()


def decode(data: bytes | memoryview) -> dict[str, NDArray[Any]]:
    """All blocks of an answer as columns by name; strings come as object arrays. No rows may mean no columns.

    Of a ``memoryview`` every column is a copy, so that the memory may go afterwards.
    """
    return decode_typed(data)[1]


def decode_typed(data: bytes | memoryview) -> tuple[dict[str, str], dict[str, NDArray[Any]]]:
    """The columns' ClickHouse types and their values by name, as ``encode`` takes them."""
    cursor = _Cursor(data)
    types: dict[str, str] = {}
    blocks: dict[str, list[NDArray[Any]]] = {}
    while cursor.at < len(data):
        width, rows = cursor.varint(), cursor.varint()
        for _ in range(width):
            name, type_name = cursor.text(), cursor.text()
            types[name] = type_name
            dtype = dtype_of(type_name)
            if dtype is None:
                values = np.array([cursor.text() for _ in range(rows)], object)
            else:
                values = cursor.array(dtype, rows)
            blocks.setdefault(name, []).append(values)
    as_is = isinstance(data, bytes)
    return types, {
        name: parts[0] if as_is and len(parts) == 1 else np.concatenate(parts) for name, parts in blocks.items()
    }
