"""What an import did not take, why, and what it did with the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from didymium.model.mistakes import Mistake

EXAMPLES: Final = 5
"""Rows of each cause that the report shows; the file of the refused has them all."""
READ_CHARACTERS: Final = 80


class Refusal(StrEnum):
    """Fixed words, so that they can be counted."""

    BROKEN_ROW = "wrong number of columns"
    NOT_UTF8 = "not UTF-8"
    UNREADABLE = "not readable from here on"
    NOT_A_TIME = "not a time"
    NO_ZONE = "no zone where other rows have one"
    FAR_TIME = "time out of range"
    UNKNOWN_TAG = "unknown tag"
    NOT_A_NUMBER = "not a number"
    NO_VALUE = "no value"
    NOT_A_STATUS = "not a status"
    CONTRADICTION = "contradicts a row before it"


@dataclass(frozen=True, slots=True)
class Refused:
    """k rows refused for one cause: (k,) the line in the file, what was read there, and what would be right."""

    cause: Refusal
    column: str
    line: NDArray[np.int64]
    read: pa.Array
    hint: pa.Array

    @classmethod
    def of(
        cls, cause: Refusal, column: str, line: NDArray[np.int64], read: pa.Array | str, hint: pa.Array | str
    ) -> Refused:
        """One ``read`` or ``hint`` as text stands for all rows; what was read is cut to a length that fits a line."""
        reads = pa.array([read] * len(line), pa.string()) if isinstance(read, str) else read
        hints = pa.array([hint] * len(line), pa.string()) if isinstance(hint, str) else hint
        return cls(cause, column, line, reads, hints)

    def __len__(self) -> int:
        return len(self.line)

    def mistakes(self, file: str, most: int) -> list[Mistake]:
        """The first ``most`` rows as mistakes of ``file``."""
        columns = (self.line[:most].tolist(), self.read[:most].to_pylist(), self.hint[:most].to_pylist())
        return [
            Mistake(file, line, self.column, cut(read or ""), hint) for line, read, hint in zip(*columns, strict=True)
        ]


def cut(read: str) -> str:
    """What was read, at a length that fits a line."""
    return read if len(read) <= READ_CHARACTERS else read[: READ_CHARACTERS - 3] + "..."


@dataclass(slots=True)
class Refusals:
    """Counts refused rows of one file by cause and keeps the first of each."""

    file: str
    count: dict[Refusal, int] = field(default_factory=dict)
    examples: dict[Refusal, list[Mistake]] = field(default_factory=dict)

    def add(self, refused: Refused) -> None:
        """Note some rows."""
        self.count[refused.cause] = self.count.get(refused.cause, 0) + len(refused)
        kept = self.examples.setdefault(refused.cause, [])
        kept += refused.mistakes(self.file, EXAMPLES - len(kept))

    @property
    def total(self) -> int:
        return sum(self.count.values())


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: of the file's bytes, and in readings that were understood so far."""

    read_bytes: int
    of_bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of one file.

    ``stored`` readings are new in the historian, ``present`` were there already, row for row. ``noticed`` counts by
    cause what was dropped as a repetition or kept with a bad status, each with an example. ``refused`` counts by cause
    the rows that could not be understood, with the first of each; ``refused_file`` lists all of them, "" if none.
    """

    file: str
    stored: int
    present: int
    noticed: Mapping[str, tuple[int, str]]
    refused: Mapping[str, int]
    examples: Mapping[str, tuple[str, ...]]
    refused_file: str

    @property
    def rows(self) -> int:
        """Readings that were understood."""
        return self.stored + self.present

    @property
    def refused_rows(self) -> int:
        return sum(self.refused.values())
