"""A site behind an S7 PLC: data blocks of big-endian REALs, laid out by the tags' addresses.

S7 carries neither time nor quality: a read gives the newest second, and a value whose status is Bad reads as NaN. All
blocks change together, under their locks, so that no request sees two seconds.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from snap7.server import Server
from snap7.type import SrvArea

from didymium.model.plant import Complex, Site
from didymium.model.status import is_bad
from didymium.twin.servers.moment import Moment

S7_PORT: Final = 102
REAL_BYTES: Final = 4
_ADDRESS: Final = re.compile(r"DB(\d+)\.(\d+):REAL")


@dataclass(frozen=True, slots=True)
class Block:
    """A data block's memory with the tag row (n,) and byte place (n, 4) of each REAL."""

    memory: bytearray
    row: NDArray[np.intp]
    place: NDArray[np.intp]

    @classmethod
    def of(cls, pairs: list[tuple[int, int]]) -> Block:
        row = np.array([row for row, _ in pairs], np.intp)
        offset = np.array([offset for _, offset in pairs], np.intp)
        return cls(bytearray(int(offset.max()) + REAL_BYTES), row, offset[:, None] + np.arange(REAL_BYTES))

    def write(self, moment: Moment) -> None:
        value = np.where(is_bad(moment.status[self.row]), np.nan, moment.value[self.row]).astype(">f4")
        np.frombuffer(self.memory, np.uint8)[self.place] = value.view(np.uint8).reshape(-1, REAL_BYTES)


class S7Server:
    """The server of one site; snap7 serves each client in a thread of its own. ``start``, then ``take`` each second."""

    def __init__(self, plant: Complex, site: Site) -> None:
        pairs: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for row in range(site.first, site.first + site.count):
            match = _ADDRESS.fullmatch(plant.tags.address[row])
            if match is None:
                raise ValueError(f"{plant.tags.path[row]}: {plant.tags.address[row]!r} is no S7 address")
            pairs[int(match[1])].append((row, int(match[2])))
        self._blocks = {number: Block.of(found) for number, found in pairs.items()}
        address = urlsplit(site.connection.endpoint)
        self._address = address.hostname or "127.0.0.1", address.port or S7_PORT
        self._server = Server(log=False)
        for number, block in self._blocks.items():
            self._server.register_area(SrvArea.DB, number, block.memory)

    async def start(self) -> None:
        host, port = self._address
        await asyncio.to_thread(self._server.start_to, host, port)

    async def cut(self) -> None:
        await self.stop()

    async def mend(self) -> None:
        await self.start()

    def take(self, moment: Moment) -> None:
        with ExitStack() as locks:
            for number in self._blocks:
                locks.enter_context(self._locked(number))
            for block in self._blocks.values():
                block.write(moment)

    @contextmanager
    def _locked(self, number: int) -> Iterator[None]:
        self._server.lock_area(SrvArea.DB, number)
        try:
            yield
        finally:
            self._server.unlock_area(SrvArea.DB, number)

    async def stop(self) -> None:
        await asyncio.to_thread(self._server.stop)
