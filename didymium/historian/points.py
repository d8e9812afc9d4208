"""The one way to read points: what is known of each tag and time, from the store, the archive and the corrections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from itertools import pairwise
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.historian import schema, truth
from didymium.historian.columns import flat
from didymium.historian.engine import Engine
from didymium.historian.truth import Corrections, Stored
from didymium.model.readings import Readings

FIRST_US: Final = -2_208_988_800_000_000
END_US: Final = 10_413_792_000_000_000
"""1900 and 2300: no reading lies outside, because the engine has no such times."""

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

    def unflagged(self, tags: Sequence[int], from_us: int, to_us: int, known_at_us: int | None = None) -> Readings:
        """The same rows for whom the flags are nothing: those of stored rows come as 0, which spares reading them."""
        stored = self.stored(tags, from_us, to_us, with_known=known_at_us is not None, with_flags=False)
        return truth.known(stored, self._corrected(tags, from_us, to_us), known_at_us)

    def stored(
        self, tags: Sequence[int], from_us: int, to_us: int, *, with_known: bool, with_flags: bool = True
    ) -> Stored:
        """The rows as they came, by tag and time; ``known_s`` and the flags are 0 throughout unless asked for."""
        if not len(tags) or to_us <= from_us:
            return schema.stored_of({})
        names = [name for name, wanted in (("flags", with_flags), ("known_s", with_known)) if wanted]
        columns = ", ".join(["ts, low, high, form, status", *names])
        within = f"{among(tags)} AND ts >= {schema.time(from_us)} AND ts < {schema.time(to_us)}"
        source = f"{self._engine.database}.points PREWHERE {within}"
        if len(tags) == 1:
            # One part's rows of a tag come in order anyway; several are cheaper to sort here than there.
            found = self._engine.read(f"SELECT {columns} FROM {source}", tags)
            here = _by_time(schema.stored_of(found, tag=int(tags[0])))
        else:
            here = schema.stored_of(self._engine.read(f"SELECT tag, {columns} FROM {source} ORDER BY tag, ts", tags))
        there = self._archived(tags, from_us, to_us)
        return _joined(here, there) if len(there) else here


def _by_time(stored: Stored) -> Stored:
    """Rows of one tag by time; they are runs that each rise, mostly a single one."""
    if rises(flat(stored.time_us)):
        return stored
    order = np.argsort(stored.time_us, kind="stable")  # a merge of runs
    return Stored(*(getattr(stored, each.name)[order] for each in fields(Stored)))


@njit(cache=True)
def rises(time_us: NDArray[np.int64]) -> bool:  # pragma: no cover - compiled
    """Whether no moment is before its predecessor."""
    falls = 0  # counting instead of leaving lets the compiler take several rows at once
    for i in range(1, len(time_us)):
        falls += time_us[i] < time_us[i - 1]
    return falls == 0


def among(tags: Sequence[int]) -> str:
    """SQL: a row's tag is one of these; neighbours are named by their ends, which is found faster."""
    if len(tags) == 1:
        return f"tag = {int(tags[0])}"  # a set of one is made and kept for the question
    if all(after - before == 1 for before, after in pairwise(tags)):
        return f"tag >= {int(tags[0])} AND tag <= {int(tags[-1])}"
    return f"tag IN ({', '.join(str(int(tag)) for tag in tags)})"


def _joined(here: Stored, there: Stored) -> Stored:
    """Both by tag and time."""
    names = ("tag", "time_us", "value", "status", "flags", "known_s")
    columns = [np.concatenate([getattr(here, name), getattr(there, name)]) for name in names]
    order = np.lexsort((columns[1], columns[0]))
    return Stored(*(each[order] for each in columns))
