"""How the model of a bank shows many tags at once: a record of tags per unit, which a kernel fills."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Bank, Floats, MissingFamily, Rows

_FAMILY: Final = re.compile(r"(\w+)\[(\d+)\](\w*)")


class Display:
    """``tags`` is a structured array, one record per unit and one field per tag; ``show`` copies it to the targets.

    The units are ``rows`` of the bank, all unless said. Of the names see ``records``: raises ``MissingFamily`` where
    the template has another number of members. Other tags that it does not have are shown to nobody. The records
    begin with the targets as they stand. A kernel that writes fields of one array of records counts no references,
    which is most of what writing to many arrays costs.
    """

    def __init__(self, bank: Bank, names: Sequence[str], rows: Rows | None = None) -> None:
        columns = [_columns(bank, name) for name in names]
        self._rows = np.arange(len(bank)) if rows is None else rows
        self.tags = records(names, len(self._rows))
        self._table = flat(self.tags)
        self._target = bank.target
        there = [(place, column) for place, column in enumerate(np.concatenate(columns)) if column >= 0]
        self._from, self._to = np.array(there, np.intp).reshape(-1, 2).T.copy()
        self._table[:, self._from] = bank.target[np.ix_(self._rows, self._to)]

    def show(self) -> None:
        """Put what the records say on the bank's targets."""
        _copy(self._table, self._from, self._target, self._rows, self._to)


def records(names: Sequence[str], n: int) -> NDArray[Any]:
    """n records of zeros with a field for each name; ``Z[k]_T``, a family of k members, is a field ``Z_T`` of k."""
    fields = [
        (name, np.float64) if family is None else (family[1] + family[3], np.float64, (int(family[2]),))
        for name, family in ((name, _FAMILY.fullmatch(name)) for name in names)
    ]
    return np.zeros(n, fields)


def flat(tags: NDArray[Any]) -> Floats:
    """(n, values) window on the values of records."""
    return tags.view(np.float64).reshape(len(tags), -1)


def _columns(bank: Bank, name: str) -> list[int]:
    """Where the tag, or each member of the family, stands among the bank's tags; -1 for a tag that it does not have."""
    family = _FAMILY.fullmatch(name)
    known = bank.columns.get(name if family is None else f"{family[1]}[]{family[3]}")
    if family is None:
        return [-1 if known is None else known.start]
    if known is None or known.stop - known.start != int(family[2]):
        raise MissingFamily(f"{bank.template} has no {name}")
    return list(range(known.start, known.stop))


@njit(cache=True)
def _copy(source: Floats, from_column: Rows, target: Floats, rows: Rows, to_column: Rows) -> None:
    for i in range(len(source)):
        for k in range(len(from_column)):
            target[rows[i], to_column[k]] = source[i, from_column[k]]
