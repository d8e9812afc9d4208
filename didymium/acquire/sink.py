"""The seam between connectors and the edge agent.

A *connector* owns one connection. A *line* is one device behind it, and one row on the data-health page: most
connectors have one, a Sparkplug host connection has one per edge node. The connector is handed one sink per line, in
the order of its ``lines``, so a sink always knows its site and readings of two sites never share a call.

Each protocol's module offers ``build(complex, ids, sites, folder) -> tuple[Connector, ...]`` for all sites that speak
it (``connectors.CONNECTORS``); it raises ``BadConnection`` for an endpoint, option or address that cannot work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from didymium.model import plant
from didymium.model.readings import Readings


@dataclass(frozen=True, slots=True)
class Line:
    """One device. ``name`` is unique in the complex: ``S10/opcua/PL1``, ``S03/sparkplug``.

    ``silence_limit_s`` is how long the line may be up and say nothing before it counts as frozen. ``own_clock`` is
    False where readings carry the time of their arrival because the protocol has none (Modbus, S7).
    """

    name: str
    site: str
    protocol: plant.Protocol
    endpoint: str
    silence_limit_s: float = 10.0
    own_clock: bool = True


class Sink(Protocol):
    """Where one line's connector puts what it hears. No call blocks or raises; all are for the agent's own loop."""

    def take(self, readings: Readings, received_us: int) -> None:
        """Take rows of this line's tags, oldest first per tag, heard at ``received_us``.

        Rows go in as the device sent them, non-finite and bad ones too: screening decides. The arrays must not be
        written to afterwards.
        """

    def alive(self) -> None:
        """Say that the device was heard without a reading (keep-alive), so the line is not frozen."""

    def discard(self, cause: str, count: int, example: str) -> None:
        """Count trouble; ``example`` names tag or message and what was read, for the data-health page."""

    def skew(self, skew_ms: float) -> None:
        """Say how far the device's clock is ahead of ours.

        Only for a protocol that can measure it better than by the newest source time, which the sink does itself.
        """

    def up(self) -> None:
        """Say that the device answers and readings will follow. ``take`` implies it."""

    def down(self, cause: str) -> None:
        """Say that this line is down while the connection lives on (a node's death certificate)."""


class Connector(Protocol):
    """One connection to one or more devices."""

    @property
    def name(self) -> str:
        """Unique in the complex."""

    @property
    def lines(self) -> tuple[Line, ...]:
        """The devices behind it."""

    async def run(self, sinks: Sequence[Sink]) -> None:
        """Connect once and stream into ``sinks[i]`` for ``lines[i]`` until cancelled.

        Raises ``DeviceLost`` when the connection ends; retrying is the supervisor's. A cancelled run leaves no socket
        or task behind, and may be run again.
        """

    def revive(self, line: int) -> bool:
        """Ask a silent line to start anew without disturbing the other lines (a Sparkplug rebirth request).

        Returns False where only a new connection helps; the supervisor then cancels ``run`` and starts it again.
        """
