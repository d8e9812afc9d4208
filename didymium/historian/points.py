"""The one way to read points: what is known of each tag and time, from the store, the archive and the corrections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from didymium.historian import schema, truth
from didymium.historian.scan import Scan
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
        self, scan: Scan, *, archived: Archived = _nothing_archived, corrected: Corrected = _nothing_corrected
    ) -> None:
        self._scan = scan
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
        columns = ("low", "high", "form", "status", *names)
        here = schema.stored_of(self._scan.rows("points", columns, tags, from_us, to_us))
        there = self._archived(tags, from_us, to_us)
        return _joined(here, there) if len(there) else here


def _joined(here: Stored, there: Stored) -> Stored:
    """Both by tag and time."""
    names = ("tag", "time_us", "value", "status", "flags", "known_s")
    columns = [np.concatenate([getattr(here, name), getattr(there, name)]) for name in names]
    order = np.lexsort((columns[1], columns[0]))
    return Stored(*(each[order] for each in columns))
