"""The one way to read points: what is known of each tag and time, from the store, the archive and the corrections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from didymium.historian import schema, truth
from didymium.historian.engine import Engine
from didymium.historian.truth import Corrections, Stored
from didymium.model.readings import Readings

Archived = Callable[[Sequence[int], int, int], Stored]
"""Rows of these tags and this range that were moved to the archive, by tag and time."""
Corrected = Callable[[Sequence[int], int, int], Corrections]
"""The corrections of these tags in this range, by tag, time and version."""


def _nothing_archived(_tags: Sequence[int], _from_us: int, _to_us: int) -> Stored:
    return schema.stored_of({})


def _nothing_corrected(_tags: Sequence[int], _from_us: int, _to_us: int) -> Corrections:
    return Corrections.none()


class Points:
    """Every question about readings begins here, so that every answer rests on the same rows."""

    def __init__(
        self, engine: Engine, *, archived: Archived = _nothing_archived, corrected: Corrected = _nothing_corrected
    ) -> None:
        self._engine = engine
        self._archived = archived
        self._corrected = corrected

    def known(self, tags: Sequence[int], from_us: int, to_us: int, known_at_us: int | None = None) -> Readings:
        """One row per tag and time in ``[from_us, to_us)``, by tag and time; as known now, or at ``known_at_us``."""
        stored = self.stored(tags, from_us, to_us, with_known=known_at_us is not None)
        return truth.known(stored, self._corrected(tags, from_us, to_us), known_at_us)

    def stored(self, tags: Sequence[int], from_us: int, to_us: int, *, with_known: bool) -> Stored:
        """The rows as they came, by tag and time; ``known_s`` is 0 throughout unless ``with_known``."""
        if not len(tags):
            return schema.stored_of({})
        columns = f"{schema.POINT_COLUMNS}, known_s" if with_known else schema.POINT_COLUMNS
        here = schema.stored_of(
            self._engine.read(
                f"SELECT {columns} FROM {self._engine.database}.points WHERE {_among(tags)}"
                f" AND ts >= {schema.time(from_us)} AND ts < {schema.time(to_us)} ORDER BY tag, ts",
                tags,
            )
        )
        there = self._archived(tags, from_us, to_us)
        return _joined(here, there) if len(there) else here


def _among(tags: Sequence[int]) -> str:
    """SQL: a row's tag is one of these; neighbours are named by their ends, which is found faster."""
    if len(tags) > 1 and all(after - before == 1 for before, after in pairwise(tags)):
        return f"tag >= {int(tags[0])} AND tag <= {int(tags[-1])}"
    return f"tag IN ({', '.join(str(int(tag)) for tag in tags)})"


def _joined(here: Stored, there: Stored) -> Stored:
    """Both by tag and time."""
    names = ("tag", "time_us", "value", "status", "flags", "known_s")
    columns = [np.concatenate([getattr(here, name), getattr(there, name)]) for name in names]
    order = np.lexsort((columns[1], columns[0]))
    return Stored(*(each[order] for each in columns))
