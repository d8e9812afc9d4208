"""What the measurement asks of a store."""

from __future__ import annotations

from typing import Any, Final, Protocol

import numpy as np

from bench.day import Day, Stretch

BUCKETS: Final = 1000


class NotInstalled(RuntimeError):
    """The store is not on this machine; ``how`` says how to install it."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


class Peer(Protocol):
    """A store that can be loaded with a day and asked about it. Tags are rows of the day, 0 to n - 1.

    ``put`` and the questions may be called from several threads. Each question returns the rows of its answer, or -1
    where those cannot be counted without reading the answer, which is then received whole and not read.
    """

    title: str
    note: str
    """How it was set up and what is counted, for the table's foot."""
    threads: int
    """Threads that load it fastest on two cores."""

    def version(self) -> str: ...

    def prepared(self, stretch: Stretch) -> Any:
        """The stretch in the form that ``put`` hands over; its cost is not part of the figures."""

    def put(self, prepared: Any) -> None:
        """Store; on return it is stored as well as the store ever says."""

    def complete(self) -> None:
        """What is still missing before the loaded rows can be asked for; its cost is part of the ingest figure."""

    def settle(self) -> None:
        """Wait for merges, or force them; its cost is not part of the ingest figure."""

    def size_bytes(self) -> int:
        """Bytes on disk of the points' own data: no write-ahead log, no names of tags."""

    def raw(self, tag: int, from_us: int, to_us: int) -> int:
        """Every reading of a tag with its time."""

    def buckets(self, tags: list[int], from_us: int, to_us: int) -> int:
        """Minimum, maximum and mean of each tag in each of ``BUCKETS`` parts of the range."""

    def newest(self) -> int:
        """The newest reading of every tag."""

    def sites(self, from_us: int, to_us: int) -> int:
        """Count, minimum, maximum and mean over all readings of each site."""

    def tend(self) -> None:
        """The store's own clockwork, where somebody must wind it: called every now and then under load."""

    def more(self) -> dict[str, Any]:
        """Further figures of this store alone, asked for after all others."""

    def close(self) -> None: ...


class Names:
    """Labels of tags and sites as text, for stores that know a series by its labels."""

    def __init__(self, day: Day) -> None:
        self.tag = np.char.mod("%05d", np.arange(day.tags))
        self.site = np.char.mod("S%02d", day.site + 1)
