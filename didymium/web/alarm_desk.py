"""What the web room is given of the alarms."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Protocol

from didymium.alarms.acts import Act, Done
from didymium.alarms.board import Board
from didymium.alarms.definitions import Definitions
from didymium.model.plant import Complex
from didymium.records.errors import Overtaken
from didymium.records.notes import Assignment, Note
from didymium.records.store import Records


class RecordsAway(Exception):
    """The records do not answer, so that nobody's act could be kept; nothing was done."""


class AlarmDesk(Protocol):
    """The board to read, and what people do; an act is durable when it returns.

    ``trouble`` says why the records do not take steps now, "" while they do. Acts raise ``RecordsAway`` then.
    """

    plant: Complex
    definitions: Definitions
    board: Board
    records: Records
    trouble: str

    @property
    def late(self) -> tuple[int, int]:
        """Readings that came after their second and changed nothing, and those that were news all the same."""
        ...

    def act(self, act: Act) -> Awaitable[Done]:
        """Do it. Raises ``BadAct``, ``BadText``, ``RecordsAway``."""
        ...

    def assign(self, assignments: Sequence[Assignment]) -> Awaitable[Overtaken | None]:
        """Give alarms to people, all or none; what was faster, if anything. Raises ``BadText``, ``RecordsAway``."""
        ...

    def note(self, note: Note) -> Awaitable[None]:
        """Keep a note. Raises ``BadText``, ``UnknownAlarm``, ``RecordsAway``."""
        ...
