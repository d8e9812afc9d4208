"""From what is true to what a PLC reports: lag, wander, noise, resolution, range."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.noise import bits, normal_of

Floats = NDArray[np.float64]

_THREE_DIGITS = 2


@njit(cache=True)
def follow(target: Floats, slope: Floats, value: Floats, gain: Floats) -> None:
    """Advance what is true by one second: ``target`` moves by ``slope``, ``value`` follows it by the share ``gain``."""
    for i in range(len(target)):
        target[i] += slope[i]
        value[i] += gain[i] * (target[i] - value[i])


@njit(cache=True, nogil=True)
def sense(
    seed: int,
    first_second: int,
    value: Floats,
    noisy: NDArray[np.bool_],
    drift: Floats,
    keep: float,
    wander_abs: Floats,
    wander_rel: Floats,
    noise_abs: Floats,
    noise_rel: Floats,
    wraps: NDArray[np.bool_],
    scale: Floats,
    low: Floats,
    high: Floats,
    row: NDArray[np.intp],
    measured: Floats,
) -> None:
    """Write what the sensors show in consecutive seconds to ``measured[:, row]``.

    ``value`` and ``noisy`` are (seconds, n) in the plant's own order: what is true, and whether the sensor has wander
    and noise; all others are (n,). ``drift`` is an Ornstein-Uhlenbeck process of unit variance that keeps the share
    ``keep`` of itself. A counter, ``wraps``, starts again from zero after ``high``. ``scale`` is 1/resolution,
    or 0 for three significant digits.
    """
    push = math.sqrt(1.0 - keep * keep)
    for k in range(len(value)):
        second = first_second + k
        for i in range(len(drift)):
            shown = value[k, i]
            if noisy[k, i]:
                size = abs(shown)
                drift[i] = keep * drift[i] + push * normal_of(bits(seed, second, 2 * i))
                shown += drift[i] * (wander_abs[i] + wander_rel[i] * size)
                shown += normal_of(bits(seed, second, 2 * i + 1)) * (noise_abs[i] + noise_rel[i] * size)
            if wraps[i] and shown > high[i]:
                shown = shown % (high[i] + 1.0 / scale[i])
            shown = min(max(shown, low[i]), high[i])
            if scale[i] > 0.0:
                shown = np.rint(shown * scale[i]) / scale[i]
            elif shown != 0.0:
                digits = _THREE_DIGITS - math.floor(math.log10(abs(shown)))
                if digits >= 0:
                    shown = np.rint(shown * 10.0**digits) / 10.0**digits
                else:
                    shown = np.rint(shown / 10.0 ** (-digits)) * 10.0 ** (-digits)
            measured[k, row[i]] = shown + 0.0  # a display has no minus before nought


@njit(cache=True)
def start_drift(seed: int, second: int, drift: Floats) -> None:
    """Put every drift somewhere in its long-run distribution."""
    for i in range(len(drift)):
        drift[i] = normal_of(bits(seed ^ 0x5EED, second, i))
