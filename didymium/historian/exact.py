"""Readings' values as integers that give back the very same float64.

A plant value is nearly always a multiple of a resolution: 12.30 kPa is 1230 hundredths. As integers, a tag's values
differ in few bits, which is what the store's codecs can use. Each value is kept as a whole number, its ``mantissa``,
and a ``form``:

=========  ================================================================================================
form       value
=========  ================================================================================================
0 … 18     ``mantissa / 10**form``: one correctly rounded division (IEEE 754 §5.4.1) of two exact numbers
20 … 38    ``mantissa / (2 * 10**(form - 20))``, for resolutions such as 0.005
64 … 82    ``float32(mantissa / 10**(form - 64))``, for devices that compute decimals in single precision
254        the float32 whose bits are ``mantissa``, widened
255        the float64 whose bits are ``mantissa``: −0, infinities, NaN with its payload, and all else
=========  ================================================================================================

A form is taken only where it gives the value back bit for bit. A tag keeps its form as long as that fits, because
integers of one scale compress far better than each value's own shortest form.

The mantissa is ``128 * high + low`` with ``low`` from 0 to 255: every number can be written in two ways, and a tag
keeps its ``high`` as long as it can. So noise stays in ``low``, one byte whose differences a byte-wise codec packs to
their entropy, and ``high`` hardly ever changes.
"""

from __future__ import annotations

import threading
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

HALVES: Final = 20
"""Forms from here have twice a power of ten below."""
SINGLE: Final = 64
"""Forms from here are decimals rounded to float32."""
SINGLE_BITS: Final = 254
DOUBLE_BITS: Final = 255

STEP: Final = 128
"""What one of ``high`` is worth; ``low`` reaches twice as far."""

MOST_PLACES: Final = 9
"""A tag's form gains places up to here; beyond, a value is more likely a computed one than a decimal."""
_POWERS: Final = 10.0 ** np.arange(19)
_DIVISOR: Final = np.concatenate([_POWERS, [1.0], 2.0 * _POWERS, np.ones(SINGLE - HALVES - 19), _POWERS])
"""By form, up to the last of the decimals."""
_EXACT: Final = 2.0**53
_LEARN_DOUBLE: Final = 2.0**40
"""A value teaches its tag more places only with a mantissa below: above, chance makes decimals of computed values."""
_LEARN_SINGLE: Final = 2.0**18
_MOST_MISSES: Final = 32
"""After this many values that are no decimals, a tag's other values are not searched for more places."""
_NEVER: Final = np.iinfo(np.int64).min

_MANTISSA: Final = f"(high * {STEP} + low)"
VALUE_SQL: Final = (
    f"multiIf(form < {HALVES}, {_MANTISSA} / intExp10(form),"
    f" form < {SINGLE}, {_MANTISSA} / (2 * intExp10(form - {HALVES})),"
    f" form < {SINGLE_BITS}, toFloat64(toFloat32({_MANTISSA} / intExp10(form - {SINGLE}))),"
    f" form = {SINGLE_BITS}, toFloat64(reinterpretAsFloat32(toUInt32(bitAnd({_MANTISSA}, 4294967295)))),"
    f" reinterpretAsFloat64({_MANTISSA}))"
)
"""The value in the engine's SQL, equal to ``decoded`` bit for bit."""


def first_forms(scale: NDArray[np.float64]) -> NDArray[np.uint8]:
    """(n,) the form to begin with for tags of a resolution of 1/``scale``; 0 where it is no form's."""
    forms = np.zeros(len(scale), np.uint8)
    for places in range(MOST_PLACES + 1):
        forms[scale == 10.0**places] = places
        forms[scale == 2 * 10.0**places] = HALVES + places
    return forms


@njit(cache=True)
def _fits(value: float, form: int) -> tuple[bool, float]:  # pragma: no cover - compiled
    """Whether ``value`` has this decimal form, and its mantissa. Not for NaN, ±∞ and −0."""
    mantissa = np.rint(value * _DIVISOR[form])
    back = mantissa / _DIVISOR[form]
    if form >= SINGLE:
        back = np.float64(np.float32(back))
    return abs(mantissa) < _EXACT and back == value, mantissa


@njit(cache=True)
def _learned(value: float) -> tuple[int, float]:  # pragma: no cover - compiled
    """The shortest decimal form that fits, and the mantissa; −1 where none does."""
    for places in range(MOST_PLACES + 1):
        fits, mantissa = _fits(value, places)
        if fits and abs(mantissa) < _LEARN_DOUBLE:
            return places, mantissa
    if np.float64(np.float32(value)) == value:
        for form in range(SINGLE, SINGLE + MOST_PLACES + 1):
            fits, mantissa = _fits(value, form)
            if fits and abs(mantissa) < _LEARN_SINGLE:
                return form, mantissa
    return -1, 0.0


@njit(cache=True, nogil=True)
def _encode(
    tag: NDArray[np.uint32],
    value: NDArray[np.float64],
    bits: NDArray[np.int64],
    forms: NDArray[np.uint8],
    misses: NDArray[np.uint8],
    highs: NDArray[np.int64],
    low: NDArray[np.uint8],
    high: NDArray[np.int64],
    form: NDArray[np.uint8],
) -> None:  # pragma: no cover - compiled
    for i in range(len(value)):
        v = value[i]
        t = tag[i]
        known = forms[t]
        if np.isfinite(v) and not (v == 0.0 and bits[i] != 0):
            fits, m = _fits(v, known)
            found = np.int64(known) if fits else np.int64(-1)
            if not fits and misses[t] < _MOST_MISSES:
                found, m = _learned(v)
                if found < 0:
                    misses[t] += 1
                # A tag of singles stays one, and one of many places keeps them: whole numbers have every form.
                elif known < SINGLE or found >= SINGLE:
                    forms[t] = found
            if found >= 0:
                mantissa = np.int64(m)
                kept = highs[t]
                if kept == _NEVER or mantissa - kept * STEP < 0 or mantissa - kept * STEP > 255:
                    kept = (mantissa - STEP // 2) // STEP
                    highs[t] = kept
                low[i], high[i], form[i] = mantissa - kept * STEP, kept, found
                continue
            single = np.float32(v)
            if np.float64(single) == v:
                form[i] = SINGLE_BITS
                continue
        low[i], high[i], form[i] = bits[i] & (STEP - 1), bits[i] // STEP, DOUBLE_BITS


@njit(cache=True, nogil=True)
def _decode(
    low: NDArray[np.uint8], high: NDArray[np.int64], form: NDArray[np.uint8], value: NDArray[np.float64]
) -> int:  # pragma: no cover - compiled
    """Fill in every decimal; how many values are bits."""
    others = 0
    for i in range(len(form)):
        f = form[i]
        if f < SINGLE:
            value[i] = (high[i] * STEP + low[i]) / _DIVISOR[f]
        elif f < SINGLE_BITS:
            value[i] = np.float64(np.float32((high[i] * STEP + low[i]) / _DIVISOR[f]))
        else:
            others += 1
    return others


class Forms:
    """What each tag's values looked like so far. It decides how small they are kept, never what they are."""

    def __init__(self, forms: NDArray[np.uint8]) -> None:
        """``forms`` (n,) are those to begin with, by tag id; see ``first_forms``."""
        self._growing = threading.Lock()
        self._known = (forms.copy(), np.zeros(len(forms), np.uint8), np.full(len(forms), _NEVER))

    def encoded(
        self, tag: NDArray[np.uint32], value: NDArray[np.float64]
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8]]:
        """(n,) low, (n,) high and (n,) form of each value; what they show of a tag is remembered."""
        n = len(tag)
        low, high, form = np.empty(n, np.uint8), np.empty(n, np.int64), np.empty(n, np.uint8)
        if not n:
            return low, high, form
        value = np.ascontiguousarray(value, np.float64)
        _encode(tag, value, value.view(np.int64), *self._reaching(int(tag.max())), low, high, form)
        singles = np.flatnonzero(form == SINGLE_BITS)
        if len(singles):
            mantissa = value[singles].astype(np.float32).view(np.uint32).astype(np.int64)
            low[singles], high[singles] = mantissa % STEP, mantissa // STEP
        return low, high, form

    def _reaching(self, last: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int64]]:
        """What is known, long enough for tag ``last``. Writers may share it: each entry is read and noted whole."""
        with self._growing:
            forms, misses, highs = self._known
            more = last + 1 - len(forms)
            if more > 0:
                none = np.zeros(more, np.uint8)
                self._known = (
                    np.concatenate([forms, none]),
                    np.concatenate([misses, none]),
                    np.concatenate([highs, np.full(more, _NEVER)]),
                )
            return self._known


def decoded(low: NDArray[np.uint8], high: NDArray[np.int64], form: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(n,) the values behind ``low``, ``high`` and ``form``, bit for bit as they were given."""
    value = np.empty(len(form), np.float64)
    if _decode(low, high, form, value):
        doubles = np.flatnonzero(form == DOUBLE_BITS)
        value.view(np.int64)[doubles] = mantissas(low[doubles], high[doubles])
        singles = np.flatnonzero(form == SINGLE_BITS)
        value[singles] = mantissas(low[singles], high[singles]).astype(np.uint32).view(np.float32)
    return value


def mantissas(low: NDArray[np.uint8], high: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) the whole numbers that ``low`` and ``high`` stand for."""
    return high * STEP + low


def of_mantissas(mantissa: NDArray[np.int64], form: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(n,) the values behind ``mantissa`` and ``form``."""
    return decoded((mantissa % STEP).astype(np.uint8), mantissa // STEP, form)
