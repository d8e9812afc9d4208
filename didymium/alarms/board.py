"""The alarms as they stand after the last durable step: what people are shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from didymium.alarms.definitions import Definitions
from didymium.alarms.engine import ALARM_COLUMNS, Touch
from didymium.alarms.life import STATE_OF, State
from didymium.alarms.suppression import nothing_hidden

HEARD: Final = 200
"""Alarms that sounded last and are kept for who asks what is new."""
OPEN: Final = (State.UNACK, State.ACKED, State.RTN_UNACK, State.LATCHED)


@dataclass(frozen=True, slots=True)
class Change:
    """What a durable step changed.

    ``rows`` are alarms and ``columns`` their ``ALARM_COLUMNS``; ``touches`` those that people did something to;
    ``sounded`` the alarms that people are told of, in their order; ``seq`` the number of the journal's newest row.
    """

    seq: int
    rows: NDArray[np.intp]
    columns: Mapping[str, NDArray[Any]]
    touches: Mapping[int, Touch] = field(default_factory=dict)
    sounded: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))


class Board:
    """(n,) columns over all alarms, ``ALARM_COLUMNS`` by name in ``columns``; one thread changes them.

    ``assignee`` and ``notes`` are by alarm, where there are any. ``seq`` grows with every change of what is shown.
    """

    def __init__(self, definitions: Definitions) -> None:
        n = len(definitions)
        self.definitions = definitions
        self.seq = 0
        self.columns: dict[str, NDArray[Any]] = {name: np.zeros(n, np.int64) for name in ALARM_COLUMNS}
        hidden = nothing_hidden(n)
        for name in ("by", "group", "design_us", "cause_us"):
            self.columns[name] = hidden[name].copy()
        for name in ("seen", "against"):
            self.columns[name] = np.full(n, np.nan)
        self.touches: dict[int, Touch] = {}
        self.assignee: dict[int, str] = {}
        self.notes: dict[int, int] = {}
        self.changes = 0
        """Counts what changed without a row of the journal too: assignments and notes."""
        self._heard: deque[tuple[int, int]] = deque(maxlen=HEARD)

    @property
    def state(self) -> NDArray[np.int8]:
        """(n,) what people see, as ``State``."""
        return STATE_OF[self.columns["place"]]

    def take(self, change: Change) -> None:
        """Show what a step changed."""
        for name, column in change.columns.items():
            self.columns[name][change.rows] = column
        self.touches.update(change.touches)
        self.seq = change.seq
        self.changes += 1
        self._heard.extend((change.seq, alarm) for alarm in change.sounded[-HEARD:].tolist())

    def assign(self, alarms: Iterable[int], assignee: str) -> None:
        """Show who looks after alarms; "" is nobody."""
        for alarm in alarms:
            if assignee:
                self.assignee[alarm] = assignee
            else:
                self.assignee.pop(alarm, None)
        self.changes += 1

    def note(self, alarm: int) -> None:
        """Show one note more."""
        self.notes[alarm] = self.notes.get(alarm, 0) + 1
        self.changes += 1

    def heard_after(self, seq: int) -> list[int]:
        """Alarms that sounded in steps after ``seq``, oldest first, each once; ``HEARD`` at most."""
        return list(dict.fromkeys(alarm for at, alarm in self._heard if at > seq))
