"""What is known of each tag and time, from what was stored: one row, whatever came twice, late or was corrected.

The rows of ``points`` are never changed, so several may stand for one tag and time: a device said two things, a batch
came by two ways, a person corrected a value. The answer does not depend on the order in which they came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.columns import flat
from didymium.model.readings import CORRECTED, Readings

INSERT: Final = 1
"""A correction that gives a value where there was none."""
REPLACE: Final = 2
"""A correction that gives another value."""
DELETE: Final = 3
"""A correction that says there was no value."""

_EVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Stored:
    """Columns of equal length n: rows of ``points`` by tag and time, several for one tag and time where they came so.

    ``known_s`` is the unix second, rounded up, at which a row was stored that came after its minute had been closed;
    0 for one that came in time.
    """

    tag: NDArray[np.uint32]
    time_us: NDArray[np.int64]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    flags: NDArray[np.uint8]
    known_s: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.tag)

    @property
    def readings(self) -> Readings:
        """The same columns without ``known_s``."""
        return Readings(self.tag, self.time_us, self.value, self.status, self.flags)


@dataclass(frozen=True, slots=True)
class Corrections:
    """Columns of equal length m by tag, time and version; of several for one tag and time the last holds.

    ``kind`` is ``INSERT``, ``REPLACE`` or ``DELETE``; ``at_us`` is when the correction was made, µs UTC.
    """

    tag: NDArray[np.uint32]
    time_us: NDArray[np.int64]
    kind: NDArray[np.uint8]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    at_us: NDArray[np.int64]
    version: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.tag)

    @classmethod
    def none(cls) -> Corrections:
        """No rows."""
        types: tuple[Any, ...] = (np.uint32, np.int64, np.uint8, np.float64, np.uint32, np.int64, np.uint64)
        return cls(*(np.empty(0, each) for each in types))


def known(stored: Stored, corrections: Corrections, known_at_us: int | None) -> Readings:
    """One row per tag and time, by tag and time: what was known at ``known_at_us``, or is known now with None.

    The last correction holds. Without one, of the rows of equal tag and time the one with the lowest status code
    holds (the severity is its top bits: good before uncertain before bad), then the lowest bits of the value, then
    the lowest flags. A row that came in time is known from its own time on, a late one from ``known_s``, a correction
    from ``at_us``.
    """
    at_us = _EVER if known_at_us is None else known_at_us
    tag, time_us = flat(stored.tag), flat(stored.time_us)
    if len(corrections) == 0 and not _repeats(tag, time_us):
        if known_at_us is None:
            return stored.readings
        then = _known_then(time_us, flat(stored.known_s), at_us)
        return stored.readings if then.all() else stored.readings.take(then)
    bits, *rest = _merge(
        tag,
        time_us,
        flat(stored.value).view(np.uint64),
        flat(stored.status),
        flat(stored.flags),
        flat(stored.known_s),
        flat(corrections.tag),
        flat(corrections.time_us),
        flat(corrections.kind),
        flat(corrections.value).view(np.uint64),
        flat(corrections.status),
        flat(corrections.at_us),
        at_us,
    )
    out_tag, out_time, out_status, out_flags = rest
    return Readings(out_tag, out_time, bits.view(np.float64), out_status, out_flags)


@njit(cache=True, nogil=True)
def _repeats(tag: NDArray[np.uint32], time_us: NDArray[np.int64]) -> bool:  # pragma: no cover - compiled
    """Whether two neighbours have the same tag and time."""
    stretch = 1 << 12
    for start in range(1, len(tag), stretch):
        end = min(start + stretch, len(tag))
        same_time = 0  # counting instead of leaving lets the compiler take several rows at once
        for i in range(start, end):
            same_time += time_us[i] == time_us[i - 1]
        if same_time:
            for i in range(start, end):
                if time_us[i] == time_us[i - 1] and tag[i] == tag[i - 1]:
                    return True
    return False


@njit(cache=True, nogil=True)
def _known_then(
    time_us: NDArray[np.int64], known_s: NDArray[np.uint32], at_us: int
) -> NDArray[np.bool_]:  # pragma: no cover - compiled
    """(n,) whether each row was known at ``at_us``."""
    then = np.empty(len(time_us), np.bool_)
    for i in range(len(time_us)):
        then[i] = (time_us[i] <= at_us) & (np.int64(known_s[i]) * 1_000_000 <= at_us)
    return then


@njit(cache=True, nogil=True)
def _merge(
    tag: NDArray[np.uint32],
    time_us: NDArray[np.int64],
    bits: NDArray[np.uint64],
    status: NDArray[np.uint32],
    flags: NDArray[np.uint8],
    known_s: NDArray[np.uint32],
    made_tag: NDArray[np.uint32],
    made_time: NDArray[np.int64],
    made_kind: NDArray[np.uint8],
    made_bits: NDArray[np.uint64],
    made_status: NDArray[np.uint32],
    made_at: NDArray[np.int64],
    at_us: int,
) -> Any:  # pragma: no cover - compiled
    """Value bits, tag, time, status and flags of what is known, from both sorted lists in one pass."""
    n, m = len(tag), len(made_tag)
    out_bits = np.empty(n + m, np.uint64)
    out_tag = np.empty(n + m, np.uint32)
    out_time = np.empty(n + m, np.int64)
    out_status = np.empty(n + m, np.uint32)
    out_flags = np.empty(n + m, np.uint8)
    ever = at_us == _EVER
    i = j = k = 0
    while i < n or j < m:
        from_made = j < m and (i == n or made_tag[j] < tag[i] or (made_tag[j] == tag[i] and made_time[j] <= time_us[i]))
        one_tag = made_tag[j] if from_made else tag[i]
        one_time = made_time[j] if from_made else time_us[i]
        best = -1
        while i < n and tag[i] == one_tag and time_us[i] == one_time:
            if ever or (time_us[i] <= at_us and np.int64(known_s[i]) * 1_000_000 <= at_us):
                before = best < 0 or status[i] < status[best]
                if not before and status[i] == status[best]:
                    before = bits[i] < bits[best] or (bits[i] == bits[best] and flags[i] < flags[best])
                if before:
                    best = i
            i += 1
        last = -1
        while j < m and made_tag[j] == one_tag and made_time[j] == one_time:
            if made_at[j] <= at_us:
                last = j
            j += 1
        if last >= 0:
            if made_kind[last] == DELETE:
                continue
            out_bits[k] = made_bits[last]
            out_status[k] = made_status[last]
            out_flags[k] = (flags[best] if best >= 0 else 0) | CORRECTED
        elif best >= 0:
            out_bits[k] = bits[best]
            out_status[k] = status[best]
            out_flags[k] = flags[best]
        else:
            continue
        out_tag[k] = one_tag
        out_time[k] = one_time
        k += 1
    return out_bits[:k], out_tag[:k], out_time[:k], out_status[:k], out_flags[:k]
