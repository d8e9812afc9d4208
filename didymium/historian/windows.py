"""Which minutes of which tags: columns of tag-hours, each with the sixty minutes of its hour as bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian.columns import flat
from didymium.historian.schema import MINUTE_US

HOUR_US: Final = 60 * MINUTE_US
LAST_US: Final = (2**32 - 60) * 1_000_000 // HOUR_US * HOUR_US
"""The rollup's minutes are unsigned 32-bit seconds; a reading outside 1970-2106 is stored but not rolled up."""
WHOLE_HOUR: Final = np.uint64(2**60 - 1)
EVERY_TAG: Final = 0
"""Stands for every tag; the registry gives no tag the id 0."""

_TAG_BITS: Final = 32
_NEVER: Final = np.iinfo(np.int64).max

Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Windows:
    """Columns of equal length n, by hour and tag, each pair once.

    ``key`` is the hour since 1970 in the upper 32 bits and the tag in the lower; bit m of ``minutes`` is the hour's
    minute m.
    """

    key: Keys
    minutes: Keys

    def __len__(self) -> int:
        return len(self.key)

    @classmethod
    def none(cls) -> Windows:
        """No rows."""
        return cls(np.empty(0, np.uint64), np.empty(0, np.uint64))

    @classmethod
    def of(cls, key: Keys, minutes: Keys) -> Windows:
        """Rows in any order; those of one hour and tag are joined."""
        if not _rises(flat(key)):
            order = np.argsort(key, kind="stable")
            key, minutes = key[order], minutes[order]
        return cls(*_joined(flat(key), flat(minutes)))

    @property
    def tag(self) -> NDArray[np.uint32]:
        return (self.key & np.uint64(2**_TAG_BITS - 1)).astype(np.uint32)

    @property
    def hour_us(self) -> NDArray[np.int64]:
        """(n,) start of each hour."""
        return (self.key >> np.uint64(_TAG_BITS)).astype(np.int64) * HOUR_US

    def take(self, rows: NDArray[Any] | slice) -> Windows:
        """The chosen rows; they must keep their order."""
        return Windows(self.key[rows], self.minutes[rows])

    def joined(self, other: Windows) -> Windows:
        """The minutes of both."""
        if len(other) == 0 or len(self) == 0:
            return self if len(other) == 0 else other
        return Windows.of(np.concatenate([self.key, other.key]), np.concatenate([self.minutes, other.minutes]))

    def within(self, from_us: int, to_us: int) -> Windows:
        """The rows whose hours touch ``[from_us, to_us)``."""
        first, end = max(0, from_us) // HOUR_US, -(-min(to_us, LAST_US) // HOUR_US)
        at = np.searchsorted(self.key, np.array([key_of(first, 0), key_of(max(first, end), 0)], np.uint64))
        return self.take(slice(int(at[0]), int(at[1])))

    def before(self, end_us: int) -> Windows:
        """The minutes that begin before ``end_us``."""
        left = np.clip((end_us - self.hour_us) // MINUTE_US, 0, 60).astype(np.uint64)
        minutes = self.minutes & ((np.uint64(1) << left) - np.uint64(1))
        return Windows(self.key, minutes).take(minutes != 0)

    def of_tags(self, tags: Sequence[int] | None) -> Windows:
        """The rows of these tags, with those of every tag; all rows with None."""
        if tags is None or len(self) == 0:
            return self
        return self.take(np.isin(self.tag, np.array([EVERY_TAG, *tags], np.uint32)))

    def starts_us(self) -> list[int]:
        """The minutes' starts, sorted, each once whatever the tag."""
        by_hour = Windows.of(self.key >> np.uint64(_TAG_BITS) << np.uint64(_TAG_BITS), self.minutes)
        bits = (by_hour.minutes[:, None] >> np.arange(60, dtype=np.uint64)) & np.uint64(1)
        hour, minute = np.nonzero(bits)
        return (by_hour.hour_us[hour] + minute * MINUTE_US).tolist()

    def count(self) -> int:
        """How many minutes of tags these are."""
        return int(np.bitwise_count(self.minutes).sum())


def key_of(hour: int, tag: int) -> int:
    """The key of a tag's hour, counted since 1970."""
    return hour << _TAG_BITS | tag


@dataclass(frozen=True, slots=True)
class Touched:
    """The minutes that rows fall into: of the late ones ``windows``, of the others the earliest moment.

    ``first_us`` is the earliest at or after the mark, late or not; the end of all time when there is none.
    """

    windows: Windows
    first_us: int


def touched(tag: NDArray[np.uint32], time_us: NDArray[np.int64], mark_us: int, late_before_us: int) -> Touched:
    """What the rows touch; a row before ``late_before_us`` is late."""
    key, minutes, first_us = _touched(flat(tag), flat(time_us), mark_us, late_before_us)
    return Touched(Windows.of(key, minutes), int(first_us))


@njit(cache=True, nogil=True)
def _touched(
    tag: NDArray[np.uint32], time_us: NDArray[np.int64], mark_us: int, late_before_us: int
) -> Any:  # pragma: no cover - compiled
    """Neighbouring late rows of one tag and hour as one key with their minutes, and the first moment to hold."""
    first_us = _NEVER
    late = 0
    for i in range(len(time_us)):
        t = time_us[i]
        late += (t >= 0) & (t < late_before_us) & (t < LAST_US)
        if mark_us <= t < first_us and t < LAST_US:
            first_us = t
    key = np.empty(late, np.uint64)
    minutes = np.empty(late, np.uint64)
    if late == 0:
        return key, minutes, first_us
    # Divisions are slow, and neighbours mostly share their minute: hour, minute and bit are those of the last row.
    k = -1
    hour = minute_us = np.int64(-1)
    bit = np.uint64(0)
    last_tag, last_hour = np.uint32(0), np.int64(-2)
    for i in range(len(time_us)):
        t = time_us[i]
        if t >= late_before_us or t < 0 or t >= LAST_US:
            continue
        if minute_us < 0 or t < minute_us or t >= minute_us + MINUTE_US:
            minute = t // MINUTE_US
            minute_us = minute * MINUTE_US
            hour = minute // 60
            bit = np.uint64(1) << np.uint64(minute - hour * 60)
        if hour != last_hour or tag[i] != last_tag:
            last_hour, last_tag = hour, tag[i]
            k += 1
            key[k] = np.uint64(hour) << np.uint64(32) | np.uint64(last_tag)
            minutes[k] = 0
        minutes[k] |= bit
    return key[: k + 1].copy(), minutes[: k + 1].copy(), first_us


@njit(cache=True, nogil=True)
def _rises(key: Keys) -> bool:  # pragma: no cover - compiled
    """Whether no key is below the one before it."""
    falls = 0
    for i in range(1, len(key)):
        falls += key[i] < key[i - 1]
    return falls == 0


@njit(cache=True, nogil=True)
def _joined(key: Keys, minutes: Keys) -> Any:  # pragma: no cover - compiled
    """Each key of a sorted column once, with the minutes of all its rows."""
    out_key = np.empty(len(key), np.uint64)
    out_minutes = np.empty(len(key), np.uint64)
    k = -1
    for i in range(len(key)):
        if i == 0 or key[i] != key[i - 1]:
            k += 1
            out_key[k] = key[i]
            out_minutes[k] = 0
        out_minutes[k] |= minutes[i]
    return out_key[: k + 1], out_minutes[: k + 1]
