"""The currency between rooms: readings as columns, never as objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from didymium.model.status import is_good

LATE: Final = 1
"""Flag: a newer reading of the same tag had already been taken in."""
HISTORICAL: Final = 2
"""Flag: the device said that it sends stored history, not the present."""
AHEAD: Final = 4
"""Flag: the source time lies far in our future, so it must not decide which reading is the newest."""
CORRECTED: Final = 8
"""Flag, never stored with a reading: a person corrected it, and the value shown is theirs."""

SCHEMA: Final = pa.schema(
    [
        pa.field("tag", pa.uint32(), nullable=False),
        pa.field("time_us", pa.int64(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("status", pa.uint32(), nullable=False),
        pa.field("flags", pa.uint8(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Readings:
    """Columns of equal length n; row i is one reading.

    ``tag`` is the id that the tag registry gave the path; ``time_us`` is the source's own time, µs since
    1970 UTC; ``status`` is the whole OPC UA StatusCode; ``flags`` joins ``LATE``, ``HISTORICAL``,
    ``AHEAD`` and ``CORRECTED``.
    """

    tag: NDArray[np.uint32]
    time_us: NDArray[np.int64]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    flags: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.tag)

    @classmethod
    def empty(cls) -> Readings:
        """No rows."""
        return cls.of(np.empty(0, np.uint32), np.empty(0, np.int64), np.empty(0, np.float64))

    @classmethod
    def of(
        cls,
        tag: NDArray[np.uint32],
        time_us: NDArray[np.int64],
        value: NDArray[np.float64],
        status: NDArray[np.uint32] | None = None,
        flags: NDArray[np.uint8] | None = None,
    ) -> Readings:
        """Rows that are Good and unflagged where status and flags are left out."""
        n = len(tag)
        return cls(
            tag,
            time_us,
            value,
            np.zeros(n, np.uint32) if status is None else status,
            np.zeros(n, np.uint8) if flags is None else flags,
        )

    @property
    def sound(self) -> NDArray[np.bool_]:
        """(n,) whether a reading can be reckoned with: Good, a number, and not of a clock far ahead of ours."""
        return is_good(self.status) & np.isfinite(self.value) & (self.flags & np.uint8(AHEAD) == 0)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Readings:
        """The chosen rows, in the order given."""
        return Readings(self.tag[rows], self.time_us[rows], self.value[rows], self.status[rows], self.flags[rows])

    @staticmethod
    def concat(parts: Sequence[Readings]) -> Readings:
        """All rows of all parts, in order."""
        if not parts:
            return Readings.empty()
        if len(parts) == 1:
            return parts[0]
        return Readings(
            np.concatenate([p.tag for p in parts]),
            np.concatenate([p.time_us for p in parts]),
            np.concatenate([p.value for p in parts]),
            np.concatenate([p.status for p in parts]),
            np.concatenate([p.flags for p in parts]),
        )

    def to_arrow(self) -> pa.RecordBatch:
        """The same memory as an Arrow batch of ``SCHEMA``."""
        return pa.RecordBatch.from_arrays(
            [pa.array(c) for c in (self.tag, self.time_us, self.value, self.status, self.flags)], schema=SCHEMA
        )

    @staticmethod
    def from_arrow(batch: pa.RecordBatch) -> Readings:
        """Columns over the batch's memory. Raises ``ValueError`` when its schema is not ``SCHEMA``."""
        if not batch.schema.equals(SCHEMA):
            raise ValueError(f"readings have the columns {SCHEMA.names}, this batch has {batch.schema.names}")
        return Readings(*(column.to_numpy(zero_copy_only=True) for column in batch.columns))
