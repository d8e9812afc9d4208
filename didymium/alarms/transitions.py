"""What happened to alarms, as columns: the rows of the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Transitions:
    """(n,) columns, one row a transition.

    ``number`` counts the transitions of an alarm. ``before`` and ``after`` are ``State``, ``event`` is ``Event``,
    ``sounds`` says whether people are told. ``time_us`` is the source time of the reading that made it, or when a
    person did; ``since_us`` when the condition began, before its delay; of a person's act, up to which time of the
    plant had been judged. ``by`` is the alarm that hides it, -1 for none (``SUPPRESSED`` with -1: by design);
    ``group`` the first-out root, itself for an alarm without one. ``actor`` and ``reason`` are of the person who
    acted, "" for the plant. That a quiet alarm is suppressed or released is followed and is no row of its own: it
    shows in ``before`` of its next row.
    """

    alarm: NDArray[np.int32]
    number: NDArray[np.int32]
    before: NDArray[np.int8]
    after: NDArray[np.int8]
    event: NDArray[np.int8]
    sounds: NDArray[np.bool_]
    time_us: NDArray[np.int64]
    since_us: NDArray[np.int64]
    value: NDArray[np.float64]
    limit: NDArray[np.float64]
    by: NDArray[np.int32]
    group: NDArray[np.int32]
    priority: NDArray[np.int8]
    position: NDArray[np.int16]
    actor: str = ""
    reason: str = ""

    def __len__(self) -> int:
        return len(self.alarm)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Transitions:
        """The chosen rows."""
        columns = {name: getattr(self, name)[rows] for name in COLUMNS}
        return Transitions(**columns, actor=self.actor, reason=self.reason)


TYPES: Final = {
    "alarm": np.int32, "number": np.int32, "before": np.int8, "after": np.int8, "event": np.int8,
    "sounds": np.bool_, "time_us": np.int64, "since_us": np.int64, "value": np.float64, "limit": np.float64,
    "by": np.int32, "group": np.int32, "priority": np.int8, "position": np.int16,
}  # fmt: skip
COLUMNS: Final = tuple(TYPES)
NOTHING: Final = Transitions(**{name: np.empty(0, type_) for name, type_ in TYPES.items()})  # type: ignore[arg-type]


def joined(parts: Sequence[Transitions]) -> dict[str, NDArray[np.generic]]:
    """All rows of all parts by column, with ``actor`` and ``reason`` spread over the rows: a journal."""
    journal: dict[str, NDArray[np.generic]] = {
        name: np.concatenate([np.empty(0, type_), *(getattr(part, name) for part in parts)])
        for name, type_ in TYPES.items()
    }
    for name in ("actor", "reason"):
        journal[name] = np.array([getattr(part, name) for part in parts for _ in range(len(part))], object)
    return journal
