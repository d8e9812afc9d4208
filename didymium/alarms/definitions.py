"""What alarms there are, as columns: one row per alarm, alarms of one site side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from didymium.alarms.signals import Signals
from didymium.model.plant import Text

NONE: Final = -1
CONSTANTS: Final = (
    "kind", "source", "unit", "limit", "reference", "factor", "deadband", "on_us", "off_us", "silence_us", "latches",
    "design", "settle_us", "first_out",
)  # fmt: skip


class Kind(IntEnum):
    """How an alarm's condition follows from its signal."""

    HIGH = 0  # at or above the limit
    LOW = 1  # at or below the limit
    EQUAL = 2
    UNEQUAL = 3
    BAD = 4  # the status of the tag is Bad
    STALE = 5  # tags of the unit are silent, by the clock
    OFFLINE = 6  # the site is silent, by the clock


class Priority(IntEnum):
    """Consequence times time to respond (ISA-18.2 §6.5)."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2
    CRITICAL = 3


@dataclass(frozen=True, slots=True)
class Rationale:
    """Why an alarm is one (ISA-18.2 §9, rationalisation); ``time_to_respond_s`` is 0 where nobody said it."""

    cause: Text
    consequence: Text
    response: Text
    time_to_respond_s: float


@dataclass(frozen=True, slots=True)
class Wording:
    """What an alarm is in words: its ``name`` where one is given, and the tags or formulas that it goes by.

    ``signal`` is what it looks at, ``follows`` what its limit follows, ``not_while`` the condition under which it is
    suppressed by design; "" for none. Tags are those of the alarm's unit.
    """

    name: Text | None
    signal: str
    follows: str
    not_while: str


@dataclass(frozen=True, slots=True)
class Interlock:
    """An interlock of the plant's own safety system, shown and never acted on (domain reference §17.2).

    ``alarm`` is the name that its alarms have. ``bypass`` is the tag of the unit that says it is bypassed, "" where the
    plant has none.
    """

    alarm: str
    name: Text
    actions: tuple[Text, ...]
    reset: Text
    bypass: str


@dataclass(frozen=True, slots=True)
class Position:
    """An operator's desk and the sites that it looks after."""

    id: str
    name: Text
    sites: tuple[str, ...]


SPLIT: Final = {Priority.CRITICAL: 0.01, Priority.HIGH: 0.05, Priority.MEDIUM: 0.15, Priority.LOW: 0.80}


@dataclass(frozen=True, slots=True)
class Targets:
    """What is wanted of the alarms of every position (EEMUA 191 3rd ed., ISA-18.2-2016 §16).

    A flood begins with ``flood_from`` alarms in ten minutes and ends with fewer than ``flood_until``.

    ``split`` is the share of each priority among the alarms told.
    """

    per_10_min: float = 1.0
    flood_from: int = 11
    flood_until: int = 5
    chattering_per_min: int = 3
    fleeting_us: int = 60_000_000
    stale_us: int = 24 * 3_600_000_000
    top: int = 10
    top_share: float = 0.05
    split: Mapping[Priority, float] = field(default_factory=lambda: SPLIT)


@dataclass(frozen=True, eq=False)
class Definitions:
    """(n,) columns, one row an alarm, in the order of sites, units, tags.

    ``id`` is the stable name, ``S03.PL1.CELL001.CW_F/LL``; ``tag`` the row of its tag or -1; ``source`` and
    ``reference`` are signals, and the limit is ``limit + factor * reference`` (``reference`` -1: ``limit`` alone).
    ``design`` is the signal that suppresses it, -1 for none. ``causes[cause_first[i] : cause_first[i + 1]]`` are the
    alarms that hide alarm i. ``first_out`` numbers groups in which the first is the root, -1 for none. ``rationale``,
    ``wording`` and ``interlock`` index ``rationales``, ``wordings`` (all have one) and ``interlocks``, -1 for none.
    ``silence_us`` is after how long without a reading kinds STALE and OFFLINE are active.
    """

    id: tuple[str, ...]
    name: tuple[str, ...]
    site: NDArray[np.int16]
    unit: NDArray[np.int32]
    tag: NDArray[np.int32]
    kind: NDArray[np.int8]
    source: NDArray[np.int32]
    limit: NDArray[np.float64]
    reference: NDArray[np.int32]
    factor: NDArray[np.float64]
    deadband: NDArray[np.float64]
    on_us: NDArray[np.int64]
    off_us: NDArray[np.int64]
    silence_us: NDArray[np.int64]
    priority: NDArray[np.int8]
    latches: NDArray[np.bool_]
    re_alarm_us: NDArray[np.int64]
    design: NDArray[np.int32]
    settle_us: NDArray[np.int64]
    cause_first: NDArray[np.int32]
    causes: NDArray[np.int32]
    first_out: NDArray[np.int32]
    rationale: NDArray[np.int32]
    wording: NDArray[np.int32]
    interlock: NDArray[np.int32]
    position: NDArray[np.int16]
    site_first: NDArray[np.int32]
    """(sites + 1,) where each site's alarms begin."""
    shelve_most_us: int
    rationales: tuple[Rationale, ...]
    wordings: tuple[Wording, ...]
    interlocks: tuple[Interlock, ...]
    positions: tuple[Position, ...]
    targets: Targets
    signals: Signals

    def __len__(self) -> int:
        return len(self.id)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Id to row."""
        return {id_: row for row, id_ in enumerate(self.id)}

    @cached_property
    def constants(self) -> NDArray[Any]:
        """(n,) records of the columns that the kernels go by."""
        types = [(name, getattr(self, name).dtype) for name in CONSTANTS]
        constants = np.empty(len(self), np.dtype(types, align=True))
        for name in CONSTANTS:
            constants[name] = getattr(self, name)
        return constants

    def rows(self, site: int) -> slice:
        """The alarms of a site."""
        return slice(int(self.site_first[site]), int(self.site_first[site + 1]))
