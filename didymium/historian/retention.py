"""How long the readings of each class of tags are kept, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymium.historian.archive import Day


@dataclass(frozen=True, slots=True)
class TagClass:
    """Tags that are kept alike; ``tags`` are their ids, None for all that no other class has.

    Ages are whole days since the end of the reading's UTC day; None is for ever. ``archive_days`` is when readings
    are forgotten, ``minutes_days`` when their minutes are; their hours are kept.
    """

    name: str
    tags: NDArray[np.uint32] | None
    archive_days: int | None
    minutes_days: int | None


@dataclass(frozen=True, slots=True)
class Retention:
    """``store_days`` is when a day moves from the store to the archive; the last class is the default."""

    store_days: int
    classes: tuple[TagClass, ...]

    def class_of(self, tags: NDArray[np.uint32]) -> NDArray[np.intp]:
        """(n,) the place in ``classes`` of each tag id."""
        place = np.full(len(tags), len(self.classes) - 1)
        for at in range(len(self.classes) - 2, -1, -1):
            mine = self.classes[at].tags
            if mine is not None:
                place[np.isin(tags, mine)] = at
        return place

    def kept(self, one: TagClass, day: int, today: int) -> bool:
        """Whether the class's readings of a day are still kept."""
        return one.archive_days is None or age_days(day, today) < one.archive_days

    def due(self, days: Sequence[int], today: int) -> list[int]:
        """Those of the days in the store that are to move, oldest first."""
        return sorted(day for day in days if age_days(day, today) >= self.store_days)

    def expired(self, day: Day, today: int) -> Day:
        """The archived day without the files of classes that are forgotten by now."""
        forgotten = {one.name for one in self.classes if not self.kept(one, day.day, today)}
        return Day(day.day, tuple(piece for piece in day.pieces if piece.kind not in forgotten), day.moving)


def age_days(day: int, today: int) -> int:
    """Whole days between the end of one day and the start of another; 0 for yesterday."""
    return today - day - 1
