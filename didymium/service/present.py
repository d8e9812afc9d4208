"""Finds out which readings the historian has already, so that an import brings only what is new."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.store import Historian
from didymium.model.readings import Readings

MOST_COMPARED: Final = 4_000_000
"""Stored readings that are held in memory at once, about 100 MB."""

Flags = NDArray[np.bool_]


def present(historian: Historian, readings: Readings) -> Flags:
    """(n,) true where a reading of the same tag, time, value and status is known already."""
    found = np.zeros(len(readings), np.bool_)
    if len(readings):
        order = np.lexsort((readings.time_us, readings.tag))
        found[order] = _present(historian, readings.take(order))
    return found


def _present(historian: Historian, ordered: Readings) -> Flags:
    """The same for readings in store order; halves them while too much lies around them."""
    tags = np.unique(ordered.tag)
    from_us, to_us = int(ordered.time_us.min()), int(ordered.time_us.max()) + 1
    around = historian.rows_around(tags, from_us, to_us)
    if around == 0:
        return np.zeros(len(ordered), np.bool_)
    if around > MOST_COMPARED and len(ordered) > 1:
        middle = len(ordered) // 2
        halves = (slice(0, middle), slice(middle, len(ordered)))
        return np.concatenate([_present(historian, ordered.take(half)) for half in halves])
    known = historian.span(tags.tolist(), from_us, to_us)
    return _among(
        ordered.tag, ordered.time_us, ordered.value, ordered.status, known.tag, known.time_us, known.value, known.status
    )


@njit(cache=True)
def _among(  # type: ignore[no-untyped-def]
    tag, time_us, value, status, known_tag, known_us, known_value, known_status
):  # pragma: no cover - compiled
    """Both in the order of tag and time; all NaN are one value."""
    bits, known_bits = value.view(np.int64), known_value.view(np.int64)
    found = np.zeros(len(tag), np.bool_)
    k = 0
    for i in range(len(tag)):
        while k < len(known_tag) and (known_tag[k] < tag[i] or (known_tag[k] == tag[i] and known_us[k] < time_us[i])):
            k += 1
        at = k
        while at < len(known_tag) and known_tag[at] == tag[i] and known_us[at] == time_us[i]:
            same = bits[i] == known_bits[at] or (np.isnan(value[i]) and np.isnan(known_value[at]))
            if same and status[i] == known_status[at]:
                found[i] = True
                break
            at += 1
    return found
