"""The process image: a polled device's memory as last read, and the numbers that stand in it.

All blocks of one poll are copied into one array of bytes and decoded in one pass, whatever types they hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


class Form(IntEnum):
    """How a number stands in memory, high byte first."""

    F32 = 0
    F64 = 1
    I16 = 2
    U16 = 3
    I32 = 4
    U32 = 5
    I8 = 6
    U8 = 7
    BIT = 8

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return (4, 8, 2, 2, 4, 4, 1, 1, 1)[self]


_F32, _F64, _I16, _U16, _I32, _U32, _I8, _U8, _BIT = (int(form) for form in Form)


@dataclass(frozen=True)
class Fields:
    """Columns of equal length: where in the image each number stands, its form, and its bit where it is one."""

    offset: NDArray[np.int64]
    form: NDArray[np.uint8]
    bit: NDArray[np.uint8]

    def decode(self, image: Bytes, low_word_first: bool) -> NDArray[np.float64]:
        """Return the (n,) numbers. ``low_word_first`` swaps the 16-bit words of longer ones (Modbus "CDAB")."""
        return _decode(image, self.offset, self.form, self.bit, low_word_first)


@njit(cache=True)
def _decode(
    image: Bytes, offset: NDArray[np.int64], form: NDArray[np.uint8], bit: NDArray[np.uint8], low_word_first: bool
) -> NDArray[np.float64]:
    n = len(offset)
    number = np.empty(n, np.float64)
    u32 = np.empty(1, np.uint32)
    f32 = u32.view(np.float32)
    u64 = np.empty(1, np.uint64)
    f64 = u64.view(np.float64)
    for i in range(n):
        at = offset[i]
        kind = form[i]
        if kind in (_F32, _I32, _U32):
            high = np.uint32(image[at]) << np.uint32(8) | np.uint32(image[at + 1])
            low = np.uint32(image[at + 2]) << np.uint32(8) | np.uint32(image[at + 3])
            if low_word_first:
                high, low = low, high
            u32[0] = high << np.uint32(16) | low
            if kind == _F32:
                number[i] = f32[0]
            elif kind == _I32:
                number[i] = np.int32(u32[0])
            else:
                number[i] = u32[0]
        elif kind == _F64:
            bits = np.uint64(0)
            for word in range(4):
                place = at + 2 * (3 - word if low_word_first else word)
                bits = bits << np.uint64(16) | np.uint64(image[place]) << np.uint64(8) | np.uint64(image[place + 1])
            u64[0] = bits
            number[i] = f64[0]
        elif kind in (_I16, _U16):
            short = np.uint16(image[at]) << np.uint16(8) | np.uint16(image[at + 1])
            number[i] = np.int16(short) if kind == _I16 else np.uint16(short)
        elif kind == _I8:
            number[i] = np.int8(image[at])
        elif kind == _U8:
            number[i] = image[at]
        else:
            number[i] = (image[at] >> bit[i]) & np.uint8(1)
    return number
