"""The checksum that ClickHouse puts before each compressed frame: CityHash128 as of version 1.0.2.

Source: CityHash 1.0.2, city.cc (Google, 2011); later versions hash differently.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

_K0: Final = np.uint64(0xC3A5_C85C_97CB_3127)
_K1: Final = np.uint64(0xB492_B66F_BE98_F273)
_K2: Final = np.uint64(0x9AE1_6A3B_2F90_404F)
_K3: Final = np.uint64(0xC949_D7C7_509E_6557)
_MUL: Final = np.uint64(0x9DDF_EA08_EB38_2D69)
_47: Final = np.uint64(47)
_64: Final = np.uint64(64)


@njit(cache=True, nogil=True)
def _word(data: NDArray[np.uint8], at: int) -> np.uint64:  # pragma: no cover - compiled
    word = np.uint64(0)
    for i in range(8):
        word |= np.uint64(data[at + i]) << np.uint64(8 * i)
    return word


@njit(cache=True, nogil=True)
def half(data: NDArray[np.uint8], at: int) -> np.uint64:  # pragma: no cover - compiled
    word = np.uint64(0)
    for i in range(4):
        word |= np.uint64(data[at + i]) << np.uint64(8 * i)
    return word


@njit(cache=True, nogil=True)
def _turned(word: np.uint64, by: int) -> np.uint64:  # pragma: no cover - compiled
    """Rotated right by 1 to 63 bits."""
    return (word >> np.uint64(by)) | (word << (_64 - np.uint64(by)))


@njit(cache=True, nogil=True)
def _mixed(word: np.uint64) -> np.uint64:  # pragma: no cover - compiled
    return word ^ (word >> _47)


@njit(cache=True, nogil=True)
def _of_two(low: np.uint64, high: np.uint64) -> np.uint64:  # pragma: no cover - compiled
    a = _mixed((low ^ high) * _MUL)
    return _mixed((high ^ a) * _MUL) * _MUL


@njit(cache=True, nogil=True)
def _of_few(data: NDArray[np.uint8], at: int, length: int) -> np.uint64:  # pragma: no cover - compiled
    """Of at most 16 bytes."""
    if length > 8:
        a, b = _word(data, at), _word(data, at + length - 8)
        return _of_two(a, _turned(b + np.uint64(length), length)) ^ b
    if length >= 4:
        return _of_two(np.uint64(length) + (half(data, at) << np.uint64(3)), half(data, at + length - 4))
    if length > 0:
        first = np.uint64(data[at]) + (np.uint64(data[at + (length >> 1)]) << np.uint64(8))
        last = np.uint64(length) + (np.uint64(data[at + length - 1]) << np.uint64(2))
        return _mixed(first * _K2 ^ last * _K3) * _K2
    return _K2


@njit(cache=True, nogil=True)
def _of_32(
    data: NDArray[np.uint8], at: int, a: np.uint64, b: np.uint64
) -> tuple[np.uint64, np.uint64]:  # pragma: no cover - compiled
    z = _word(data, at + 24)
    a += _word(data, at)
    b = _turned(b + a + z, 21)
    c = a
    a += _word(data, at + 8) + _word(data, at + 16)
    b += _turned(a, 44)
    return a + z, b + c


@njit(cache=True, nogil=True)
def _of_short(
    data: NDArray[np.uint8], at: int, length: int, a: np.uint64, b: np.uint64
) -> tuple[np.uint64, np.uint64]:  # pragma: no cover - compiled
    """Of less than 128 bytes, from the seed ``a``, ``b``."""
    left = length - 16
    if left <= 0:
        a = _mixed(a * _K1) * _K1
        c = b * _K1 + _of_few(data, at, length)
        d = _mixed(a + (_word(data, at) if length >= 8 else c))
    else:
        c = _of_two(_word(data, at + length - 8) + _K1, a)
        d = _of_two(b + np.uint64(length), c + _word(data, at + length - 16))
        a += d
        while left > 0:
            a ^= _mixed(_word(data, at) * _K1) * _K1
            a *= _K1
            b ^= a
            c ^= _mixed(_word(data, at + 8) * _K1) * _K1
            c *= _K1
            d ^= c
            at += 16
            left -= 16
    a = _of_two(a, c)
    b = _of_two(d, b)
    return a ^ b, _of_two(b, a)


@njit(cache=True, nogil=True)
def seeded(
    data: NDArray[np.uint8], at: int, length: int, x: np.uint64, y: np.uint64
) -> tuple[np.uint64, np.uint64]:  # pragma: no cover - compiled
    if length < 128:
        return _of_short(data, at, length, x, y)
    z = np.uint64(length) * _K1
    v0 = _turned(y ^ _K1, 49) * _K1 + _word(data, at)
    v1 = _turned(v0, 42) * _K1 + _word(data, at + 8)
    w0 = _turned(y + z, 35) * _K1 + x
    w1 = _turned(x + _word(data, at + 88), 53) * _K1
    while length >= 128:
        for _ in range(2):
            x = _turned(x + y + v0 + _word(data, at + 16), 37) * _K1
            y = _turned(y + v1 + _word(data, at + 48), 42) * _K1
            x ^= w1
            y ^= v0
            z = _turned(z ^ w0, 33)
            v0, v1 = _of_32(data, at, v1 * _K1, x + w0)
            w0, w1 = _of_32(data, at + 32, z + w1, y)
            z, x = x, z
            at += 64
        length -= 128
    y += _turned(w0, 37) * _K0 + z
    x += _turned(v0 + z, 49) * _K0
    done = 0
    while done < length:
        done += 32
        y = _turned(y - x, 42) * _K0 + v1
        w0 += _word(data, at + length - done + 16)
        x = _turned(x, 49) * _K0 + w0
        w0 += v0
        v0, v1 = _of_32(data, at + length - done, v0, v1)
    x = _of_two(x, v0)
    y = _of_two(y, w0)
    return _of_two(x + v1, w1) + y, _of_two(x + w1, y + v1)


@njit(cache=True, nogil=True)
def hashed(data: NDArray[np.uint8], at: int, length: int) -> tuple[np.uint64, np.uint64]:  # pragma: no cover - compiled
    """The low and the high 64 bits over ``length`` ≥ 8 bytes of ``data`` from ``at``."""
    if length >= 16:
        return seeded(data, at + 16, length - 16, _word(data, at) ^ _K3, _word(data, at + 8))
    low = _word(data, at) ^ (np.uint64(length) * _K0)
    return seeded(data, at, 0, low, _word(data, at + length - 8) ^ _K1)


@njit(cache=True, nogil=True)
def holds(data: NDArray[np.uint8], at: int, length: int) -> bool:  # pragma: no cover - compiled
    """Whether the 16 bytes at ``at`` are the hash of the ``length`` bytes that follow."""
    low, high = hashed(data, at + 16, length)
    return low == _word(data, at) and high == _word(data, at + 8)
