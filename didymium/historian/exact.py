"""Readings' values as integers that give back the very same float64.

A plant value is nearly always a decimal number of few places: 12.30 kPa is 1230 hundredths. As integers, a tag's
values differ in few bits, which is what the store's codecs can use. Each value is kept as ``mantissa`` and ``form``:

=========  ================================================================================================
form       value
=========  ================================================================================================
0 … 18     ``mantissa / 10**form``: one correctly rounded division (IEEE 754 §5.4.1) of two exact numbers
32 … 50    ``float32(mantissa / 10**(form - 32))``, for devices that compute decimals in single precision
254        the float32 whose bits are ``mantissa``, widened
255        the float64 whose bits are ``mantissa``: −0, infinities, NaN with its payload, and all else
=========  ================================================================================================

A form is taken only where it gives the value back bit for bit. A tag keeps its form as long as that fits, because
integers of one scale compress far better than each value's own shortest form.
"""

from __future__ import annotations

import threading
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

SINGLE: Final = 32
"""Forms from here are decimals rounded to float32."""
SINGLE_BITS: Final = 254
DOUBLE_BITS: Final = 255

MOST_PLACES: Final = 9
"""A tag's form gains places up to here; beyond, a value is more likely a computed one than a decimal."""
_POWERS: Final = 10.0 ** np.arange(19)
_EXACT: Final = 2.0**53
_LEARN_DOUBLE: Final = 2.0**40
"""A value teaches its tag more places only with a mantissa below: above, chance makes decimals of computed values."""
_LEARN_SINGLE: Final = 2.0**18
_MOST_MISSES: Final = 32
"""After this many values that are no decimals, a tag's other values are not searched for more places."""

VALUE_SQL: Final = (
    "multiIf(form < 19, mantissa / arrayElement([{0}], form + 1),"
    " form < 51, toFloat64(toFloat32(mantissa / arrayElement([{0}], form - 31))),"
    " form = 254, toFloat64(reinterpretAsFloat32(toUInt32(bitAnd(mantissa, 4294967295)))),"
    " reinterpretAsFloat64(mantissa))"
).format(", ".join(f"1e{places}" for places in range(19)))
"""The value in the engine's SQL, equal to ``decoded`` bit for bit."""


@njit(cache=True)
def _decimal(value: float, places: int) -> tuple[bool, float]:  # pragma: no cover - compiled
    """Whether ``value`` is a decimal of so many places, and its mantissa. Not for NaN, ±∞ and −0."""
    mantissa = np.rint(value * _POWERS[places])
    return abs(mantissa) < _EXACT and mantissa / _POWERS[places] == value, mantissa


@njit(cache=True)
def _single_decimal(value: float, places: int) -> tuple[bool, float]:  # pragma: no cover - compiled
    """The same for a decimal rounded to float32."""
    mantissa = np.rint(value * _POWERS[places])
    return abs(mantissa) < _EXACT and np.float64(np.float32(mantissa / _POWERS[places])) == value, mantissa


@njit(cache=True)
def _learned(value: float, known: int) -> tuple[int, float]:  # pragma: no cover - compiled
    """A form with more places than ``known`` that fits, and the mantissa; −1 where none does."""
    for places in range(known % SINGLE if known < SINGLE else 0, MOST_PLACES + 1):
        fits, mantissa = _decimal(value, places)
        if fits and abs(mantissa) < _LEARN_DOUBLE:
            return places, mantissa
    if np.float64(np.float32(value)) == value:
        for places in range(known % SINGLE, MOST_PLACES + 1):
            fits, mantissa = _single_decimal(value, places)
            if fits and abs(mantissa) < _LEARN_SINGLE:
                return SINGLE + places, mantissa
    return -1, 0.0


@njit(cache=True, nogil=True)
def _encode(
    tag: NDArray[np.uint32],
    value: NDArray[np.float64],
    bits: NDArray[np.int64],
    forms: NDArray[np.uint8],
    misses: NDArray[np.uint8],
    mantissa: NDArray[np.int64],
    form: NDArray[np.uint8],
) -> None:  # pragma: no cover - compiled
    for i in range(len(value)):
        v = value[i]
        t = tag[i]
        known = forms[t]
        if np.isfinite(v) and not (v == 0.0 and bits[i] != 0):
            if known < SINGLE:
                fits, m = _decimal(v, known)
            else:
                fits, m = _single_decimal(v, known - SINGLE)
            if fits:
                mantissa[i], form[i] = np.int64(m), known
                continue
            if misses[t] < _MOST_MISSES:
                learned, m = _learned(v, known)
                if learned >= 0:
                    mantissa[i], form[i] = np.int64(m), learned
                    # A tag of singles stays one: its whole numbers are decimals of either kind.
                    if known < SINGLE or learned >= SINGLE:
                        forms[t] = learned
                    continue
                misses[t] += 1
            single = np.float32(v)
            if np.float64(single) == v:
                form[i] = SINGLE_BITS
                continue
        mantissa[i], form[i] = bits[i], DOUBLE_BITS


@njit(cache=True, nogil=True)
def _decode(
    mantissa: NDArray[np.int64], form: NDArray[np.uint8], value: NDArray[np.float64]
) -> int:  # pragma: no cover - compiled
    """Fill in every decimal; how many values are bits."""
    others = 0
    for i in range(len(mantissa)):
        f = form[i]
        if f < SINGLE:
            value[i] = mantissa[i] / _POWERS[f]
        elif f < SINGLE_BITS:
            value[i] = np.float64(np.float32(mantissa[i] / _POWERS[f - SINGLE]))
        else:
            others += 1
    return others


class Forms:
    """What each tag's values looked like so far. It decides how small they are kept, never what they are."""

    def __init__(self, places: NDArray[np.integer[Any]]) -> None:
        """``places`` (n,) are the decimals to begin with, by tag id."""
        self._growing = threading.Lock()
        self._form = np.clip(places, 0, MOST_PLACES).astype(np.uint8)
        self._misses = np.zeros(len(places), np.uint8)

    def encoded(
        self, tag: NDArray[np.uint32], value: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """(n,) mantissa and (n,) form of each value; what they show of a tag is remembered."""
        if not len(tag):
            return np.empty(0, np.int64), np.empty(0, np.uint8)
        forms, misses = self._reaching(int(tag.max()))
        value = np.ascontiguousarray(value, np.float64)
        mantissa, form = np.empty(len(value), np.int64), np.empty(len(value), np.uint8)
        _encode(tag, value, value.view(np.int64), forms, misses, mantissa, form)
        singles = np.flatnonzero(form == SINGLE_BITS)
        if len(singles):
            mantissa[singles] = value[singles].astype(np.float32).view(np.uint32)
        return mantissa, form

    def _reaching(self, last: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Both columns, long enough for tag ``last``. Writers may share them: a form is read and noted as one byte."""
        with self._growing:
            if last >= len(self._form):
                more = np.zeros(last + 1 - len(self._form), np.uint8)
                self._form = np.concatenate([self._form, more])
                self._misses = np.concatenate([self._misses, more])
            return self._form, self._misses


def decoded(mantissa: NDArray[np.int64], form: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(n,) the values behind ``mantissa`` and ``form``, bit for bit as they were given."""
    value = np.empty(len(mantissa), np.float64)
    if _decode(mantissa, form, value):
        doubles = np.flatnonzero(form == DOUBLE_BITS)
        value.view(np.int64)[doubles] = mantissa[doubles]
        singles = np.flatnonzero(form == SINGLE_BITS)
        value[singles] = mantissa[singles].astype(np.uint32).view(np.float32)
    return value
