"""How the model of a bank shows many tags at once: a record of tags per unit, which a kernel fills."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.twin.bank import Bank, Floats, MissingFamily

_FAMILY: Final = re.compile(r"(\w+)\[(\d+)\](\w*)")


class Display:
    """``tags`` is a structured array, one record per unit and one field per tag; ``show`` copies it to the targets.

    A family of k members is named ``Z[k]_T`` and becomes a field ``Z_T`` of k values; raises ``MissingFamily`` where
    the template has another number of them. Other tags that it does not have are shown to nobody. The records begin
    with the targets as they stand. A kernel that writes fields of one array of records counts no references, which
    is most of what writing to many arrays costs.
    """

    def __init__(self, bank: Bank, names: Sequence[str]) -> None:
        columns = [_columns(bank, name) for name in names]
        fields = [
            (name, np.float64) if family is None else (family[1] + family[3], np.float64, (int(family[2]),))
            for name, family in ((name, _FAMILY.fullmatch(name)) for name in names)
        ]
        self.tags: NDArray[Any] = np.zeros(len(bank), fields)
        self._table = self.tags.view(np.float64).reshape(len(bank), -1)
        self._target = bank.target
        there = [(place, column) for place, column in enumerate(np.concatenate(columns)) if column >= 0]
        self._from, self._to = np.array(there, np.intp).reshape(-1, 2).T.copy()
        self._table[:, self._from] = bank.target[:, self._to]

    def show(self) -> None:
        """Put what the records say on the bank's targets."""
        _copy(self._table, self._from, self._target, self._to)


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
def _copy(source: Floats, from_column: NDArray[np.intp], target: Floats, to_column: NDArray[np.intp]) -> None:
    for i in range(len(source)):
        for k in range(len(from_column)):
            target[i, to_column[k]] = source[i, from_column[k]]
