"""Raw readings of many tags over any range, a slice at a time, so that memory stays small however much is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from didymium.model.plant import Complex
from didymium.model.readings import Readings
from didymium.model.registry import TagIds

SLICE_ROWS: Final = 250_000
"""Rows that a slice should hold, as the tags' periods let expect."""
EMPTY_ROWS: Final = 8_000_000
"""Up to so many expected rows a slice grows while nothing is found: 10 years of one tag take some forty questions."""
GROWTH: Final = 4
MOST_TAGS: Final = 2_000
"""Tags in one slice, however few rows they have."""

ROWS: Final = pa.schema(
    [
        pa.field("path", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("time", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("status", pa.uint32(), nullable=False),
        pa.field("flags", pa.uint8(), nullable=False),
    ]
)
"""``status`` is the whole OPC UA StatusCode; ``flags`` joins 1 late, 2 historical, 4 clock ahead."""

Read = Callable[[Sequence[int], int, int], Readings]
"""Tag ids, from and to in µs: every reading, by tag and time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Tags, in the order in which their rows come, and the range ``[from_us, to_us)``.

    ``ids`` and ``period_s`` (tags,) are each tag's id and how often it is read.
    """

    paths: tuple[str, ...]
    ids: NDArray[np.uint32]
    period_s: NDArray[np.float64]
    from_us: int
    to_us: int

    @classmethod
    def of(cls, plant: Complex, ids: TagIds, rows: Sequence[int], from_us: int, to_us: int) -> Wanted:
        """Some rows of the complex's tag table."""
        tags = plant.tags
        return cls(tuple(tags.path[row] for row in rows), ids.ids[rows], tags.period_s[rows], from_us, to_us)

    @property
    def per_s(self) -> NDArray[np.float64]:
        """(tags,) readings a second that each tag should have."""
        return 1.0 / np.maximum(self.period_s, 0.001)


@dataclass(frozen=True, slots=True)
class Slice:
    """Tags ``[first, last)`` of those wanted, over a stretch of time."""

    first: int
    last: int
    from_us: int
    to_us: int


def groups(wanted: Wanted) -> list[tuple[int, int]]:
    """Cut the tags into runs that fit a slice over the whole range, or of one tag where not even that fits."""
    expected = wanted.per_s * (wanted.to_us - wanted.from_us) / 1e6
    found: list[tuple[int, int]] = []
    first, rows = 0, 0.0
    for place, more in enumerate(expected.tolist()):
        if place > first and (rows + more > SLICE_ROWS or place - first >= MOST_TAGS):
            found.append((first, place))
            first, rows = place, 0.0
        rows += more
    if len(expected):
        found.append((first, len(expected)))
    return found


def slices(wanted: Wanted, read: Read) -> Iterator[Readings]:
    """Yield the readings of each tag in the order of time, run of tags after run; none where there are none."""
    crowd = 1.0  # how many times more readings there were than the periods say
    for first, last in groups(wanted):
        ids = wanted.ids[first:last].tolist()
        per_s = float(wanted.per_s[first:last].sum())
        rows = SLICE_ROWS / crowd
        at_us = wanted.from_us
        while at_us < wanted.to_us:
            until_us = min(wanted.to_us, at_us + max(1, round(rows / per_s * 1e6)))
            expected = max(1.0, per_s * (until_us - at_us) / 1e6)
            found = read(ids, at_us, until_us)
            if len(found):
                yield found
                crowd = max(1.0, len(found) / expected)
                rows = SLICE_ROWS / crowd
            else:
                rows = min(rows * GROWTH, EMPTY_ROWS)
            at_us = until_us


def batches(wanted: Wanted, read: Read) -> Iterator[pa.RecordBatch]:
    """Yield the same as batches of ``ROWS``, each tag's rows in the order of time, tag after tag as they are wanted."""
    dictionary = pa.array(wanted.paths, pa.string())
    place_of_id = np.full(int(wanted.ids.max(initial=0)) + 1, -1, np.int32)
    place_of_id[wanted.ids] = np.arange(len(wanted.ids), dtype=np.int32)
    for found in slices(wanted, read):
        place = place_of_id[found.tag]
        if np.any(place[1:] < place[:-1]):
            order = np.argsort(place, kind="stable")
            found, place = found.take(order), place[order]
        columns = [
            pa.DictionaryArray.from_arrays(pa.array(place), dictionary),
            pa.array(found.time_us).cast(ROWS.field("time").type),
            pa.array(found.value),
            pa.array(found.status),
            pa.array(found.flags),
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=ROWS)


def first_rows(wanted: Wanted, read: Read, limit: int) -> Readings:
    """The first ``limit`` rows, reading no further than they reach."""
    found: list[Readings] = []
    left = limit
    for some in slices(wanted, read):
        found.append(some.take(slice(0, left)))
        left -= len(found[-1])
        if left == 0:
            break
    return Readings.concat(found)
