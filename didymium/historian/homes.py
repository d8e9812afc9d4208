"""Which shard keeps a tag: all tags of a site live on one, chosen once and for good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymium.historian.native import decode_typed, encode

NOWHERE = -1


def site_of(path: str) -> str:
    """The site is the first word of a tag's path."""
    return path.partition(".")[0]


def placed(sites: Mapping[str, int], paths: Iterable[str], shards: int, load: Mapping[int, int]) -> dict[str, int]:
    """Homes (from 0) for the sites among ``paths`` that have none in ``sites``; ``load`` is tags per shard now.

    The largest site first, each to the shard with the fewest tags, the lower number of equals. The same input gives
    the same answer.
    """
    new = Counter(site for site in map(site_of, paths) if site not in sites)
    weight = Counter({shard: load.get(shard, 0) for shard in range(shards)})
    chosen: dict[str, int] = {}
    for site, tags in sorted(new.items(), key=lambda item: (-item[1], item[0])):
        home = min(range(shards), key=lambda shard: (weight[shard], shard))
        chosen[site] = home
        weight[home] += tags
    return chosen


@dataclass(frozen=True, slots=True)
class Homes:
    """``shard_of[tag]`` is the tag's shard from 0, ``NOWHERE`` for an id that was never given."""

    shard_of: NDArray[np.int16]

    @classmethod
    def of(cls, sites: Mapping[str, int], ids: NDArray[np.uint32], paths: Iterable[str]) -> Homes:
        shard_of = np.full(int(ids.max()) + 1 if len(ids) else 1, NOWHERE, np.int16)
        shard_of[ids] = [sites[site_of(path)] for path in paths]
        return cls(shard_of)

    def of_tags(self, tag: NDArray[np.uint32]) -> NDArray[np.int16]:
        """(n,) the shard of each tag. Raises ``LookupError`` naming a tag without a home."""
        known = tag < len(self.shard_of)
        home = self.shard_of[np.where(known, tag, 0)]
        home[~known] = NOWHERE
        if (home == NOWHERE).any():
            raise LookupError(f"tag {int(tag[home == NOWHERE][0])} has no home: its id was never given")
        return home

    def expression(self) -> str:
        """A tag's shard as SQL. Ids are given site by site, so it is a few runs, whatever the number of tags."""
        starts = np.flatnonzero(np.diff(self.shard_of, prepend=self.shard_of[0])).tolist()
        runs = [(start, int(self.shard_of[start - 1])) for start in starts]
        last = max(0, int(self.shard_of[-1]))
        steps = "".join(f"tag < {end}, {max(0, home)}, " for end, home in runs)
        return f"toUInt16(multiIf({steps}{last}))" if steps else f"toUInt16(if(tag = 0, {last}, {last}))"


def split(block: bytes, homes: Homes) -> dict[int, bytes]:
    """A Native block cut by the home of its column ``tag``; shards without a row are left out. Order is kept."""
    types, columns = decode_typed(block)
    home = homes.of_tags(columns["tag"])
    present = np.unique(home).tolist()
    if len(present) == 1:
        return {int(present[0]): block}
    return {int(shard): encode(types, [values[home == shard] for values in columns.values()]) for shard in present}
