"""What a metric's properties say of its value, as an OPC UA status code."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from didymium.acquire.sparkplug.protobuf import TRUNCATED, Bytes, skip, varint
from didymium.model import status as codes

QUALITY: Final = "Quality"
STATUS_CODE: Final = "StatusCode"
"""Not of the standard: gateways from OPC UA keep the whole code in it."""
QUALITY_GOOD: Final = 192
QUALITY_STALE: Final = 500

_QUALITY: Final = np.frombuffer(QUALITY.encode(), np.uint8)
_STATUS_CODE: Final = np.frombuffer(STATUS_CODE.encode(), np.uint8)


@njit(cache=True)
def _same(b: Bytes, p: int, end: int, word: Bytes) -> Any:
    if end - p != len(word):
        return False
    for i in range(len(word)):  # noqa: SIM110 - numba knows no generator here
        if b[p + i] != word[i]:
            return False
    return True


@njit(cache=True)
def property_status(b: Bytes, p: int, end: int) -> Any:
    """(code, status) of a PropertySet: its ``StatusCode``, else what its ``Quality`` means, else Good.

    Keys and values are two lists in the same order, so keys are counted before the values are looked at.
    """
    quality_at, status_at, keys = -1, -1, 0
    q = p
    while q < end:
        key, q = varint(b, q, end)
        if q < 0:
            return TRUNCATED, np.uint32(0)
        start = q
        q = skip(b, q, end, key & np.uint64(7))
        if q < 0:
            return q, np.uint32(0)
        if key == 10:
            length, start = varint(b, start, end)
            if _same(b, start, start + np.int64(length), _QUALITY):
                quality_at = keys
            elif _same(b, start, start + np.int64(length), _STATUS_CODE):
                status_at = keys
            keys += 1
    if quality_at < 0 and status_at < 0:
        return 0, np.uint32(codes.GOOD)
    quality, status, values = np.int64(-1), np.int64(-1), 0
    q = p
    while q < end:
        key, q = varint(b, q, end)
        start = q
        q = skip(b, q, end, key & np.uint64(7))
        if key == 18:
            if values in (quality_at, status_at):
                length, start = varint(b, start, end)
                code, x = _integer_property(b, start, start + np.int64(length))
                if code < 0:
                    return code, np.uint32(0)
                if values == quality_at:
                    quality = x
                else:
                    status = x
            values += 1
    return 0, meaning(quality, status)


@njit(cache=True)
def _integer_property(b: Bytes, p: int, end: int) -> Any:
    """(code, value) of a PropertyValue; -1 where it holds no integer."""
    value = np.int64(-1)
    while p < end:
        key, p = varint(b, p, end)
        if p < 0:
            return TRUNCATED, value
        if key == 24 or key == 32:
            x, p = varint(b, p, end)
            if p < 0:
                return TRUNCATED, value
            value = np.int64(x & np.uint64(0xFFFFFFFF))
            continue
        p = skip(b, p, end, key & np.uint64(7))
        if p < 0:
            return p, value
    return 0, value


@njit(cache=True)
def meaning(quality: int, status: int) -> Any:
    """The OPC UA status of the properties ``Quality`` (Sparkplug 3.0, §6.4.20) and ``StatusCode``; -1 for none."""
    if status >= 0:
        return np.uint32(status)
    if quality < 0 or quality == QUALITY_GOOD:
        return np.uint32(codes.GOOD)
    if quality == QUALITY_STALE:
        return np.uint32(codes.UNCERTAIN_LAST_USABLE_VALUE)
    # OPC DA's two quality bits, which many gateways put here: 0 bad, 64 uncertain, 192 good
    if quality & 0xC0 == 0xC0 and quality < 256:
        return np.uint32(codes.GOOD)
    if quality & 0xC0 == 0x40 and quality < 256:
        return np.uint32(codes.UNCERTAIN)
    return np.uint32(codes.BAD)
