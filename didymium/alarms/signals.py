"""What alarms look at: every tag's value, rates of change, and the results of formulas, side by side in one array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.alarms.books import Books
from didymium.model.formula import Formula

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rates:
    """(n,) rates of one site: ``source`` the tag, ``out`` the signal, ``window_s``; ``first`` where its ring begins."""

    source: NDArray[np.int32]
    out: NDArray[np.int32]
    window_s: NDArray[np.int64]
    first: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Calculation:
    """A formula over the units of a site: results go to ``out``; ``inputs`` are signals, (units,) or (width, units)."""

    formula: Formula
    inputs: tuple[NDArray[np.int32], ...]
    out: slice


@dataclass(frozen=True, slots=True)
class Signals:
    """Signals 0 to ``tags`` are the tags by table row; ``count`` in all. ``ring`` samples are kept for rates."""

    tags: int
    count: int
    ring: int
    unit: NDArray[np.int32]
    """(tags,) the unit of each tag."""
    site_first: NDArray[np.int64]
    """(sites,) the first tag of each site."""
    silent_first: NDArray[np.int32]
    silent_end: NDArray[np.int32]
    """For each alarm of kind STALE or OFFLINE, in their order, the tags that it listens to."""
    rates: tuple[Rates, ...]
    calculations: tuple[tuple[Calculation, ...], ...]
    books: tuple[Books, ...]
    """These three by site."""
    book_count: int


@njit(cache=True)
def follow_rates(
    second: int,
    source: NDArray[np.int32],
    out: NDArray[np.int32],
    window_s: NDArray[np.int64],
    first: NDArray[np.int64],
    ring: Floats,
    ring_second: NDArray[np.int64],
    signal: Floats,
) -> None:
    """Keep this second's values and put the change per minute over the window into ``signal``.

    The ring of a rate has ``window_s + 1`` places. Where there is no value of the second that the window begins with,
    the rate is NaN. A second that comes again changes nothing.
    """
    for i in range(len(source)):
        places = window_s[i] + 1
        value = signal[source[i]]
        here = first[i] + second % places
        if ring_second[here] >= second:
            continue  # read again
        ring[here] = value
        ring_second[here] = second
        then = first[i] + (second - window_s[i]) % places
        if ring_second[then] == second - window_s[i]:
            signal[out[i]] = (value - ring[then]) * 60.0 / window_s[i]
        else:
            signal[out[i]] = np.nan


def calculate(calculations: Sequence[Calculation], signal: Floats) -> None:
    """Put the results of a site's formulas into ``signal``."""
    for each in calculations:
        signal[each.out] = each.formula([signal[rows] for rows in each.inputs])
