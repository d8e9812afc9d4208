"""Tag ids: integers given once per path and never given again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TagIds:
    """``ids[row]`` is the id of the complex's tag table row ``row``."""

    ids: NDArray[np.uint32]

    @cached_property
    def row_of_id(self) -> NDArray[np.int32]:
        """Table from id to row, -1 where the id is retired or unknown."""
        table = np.full(int(self.ids.max(initial=0)) + 1, -1, np.int32)
        table[self.ids] = np.arange(len(self.ids), dtype=np.int32)
        return table


def assign(paths: Sequence[str], known: Mapping[str, int]) -> tuple[TagIds, dict[str, int]]:
    """Give each path its id; a path in ``known`` keeps its own, a new one gets the next above all ever given.

    Returns the ids in the order of ``paths``, and the paths that are new with their ids. ``known`` must hold
    retired paths too, or their ids would be given again.
    """
    following = max(known.values(), default=0) + 1
    new: dict[str, int] = {}
    ids = np.empty(len(paths), np.uint32)
    for row, path in enumerate(paths):
        given = known.get(path)
        if given is None:
            given = new[path] = following
            following += 1
        ids[row] = given
    return TagIds(ids), new
