"""Which of a table's part folders hold its rows: those that no other part has taken the place of.

A part is named ``partition_first_last_level[_mutation]`` after the blocks that it holds. A merge or a mutation makes a
part that covers its sources; these stay in the folder for a while. Folders of other names are no parts (yet).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from didymium.historian.parts.errors import Unreadable

_NAME = re.compile(r"([^_-]+)_(\d+)_(\d+)_(\d+)(?:_(\d+))?")


def active(names: Iterable[str]) -> list[str]:
    """The parts that count, by partition and block.

    Raises ``Unreadable`` where two overlap and neither covers, or where one holds changes of the others' rows.
    """
    found = []
    for name in names:
        match = _NAME.fullmatch(name)
        if match is not None:
            partition, first, last, level, mutation = match.groups()
            found.append((partition, int(first), -int(last), -int(level), -int(mutation or 0), name))
        elif name.startswith("patch-"):
            raise Unreadable(f"{name} changes rows of other parts")  # a lightweight UPDATE or DELETE
    kept = []
    before, reached = "", -1
    for partition, first, minus_last, _, _, name in sorted(found):
        if partition != before:
            before, reached = partition, -1
        if first > reached:
            reached = -minus_last
            kept.append(name)
        elif -minus_last > reached:
            raise Unreadable(f"part {name} overlaps another")
    return kept
