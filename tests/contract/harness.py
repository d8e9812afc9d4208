"""What the contract suite needs of a device to try a connector on it."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from didymium.acquire.sink import Connector

TAGS = 4
"""Tags of the trial unit: T0..T3, analog, 0..1000, resolution 0.001, ids 11..14."""


class Harness(Protocol):
    """A device that the test holds in its hand.

    Each protocol has a module ``device_<protocol>.py`` with a class ``Device`` that takes no arguments; ``DEVICES`` in
    ``conftest.py`` lists them. The device has ``TAGS`` tags, all behind one line, of the complex that
    ``trial.complex_of`` makes.
    """

    name: str
    """The protocol's value, `opcua`."""
    own_clock: bool
    """Readings carry the device's time. False for Modbus and S7: their time is the arrival of the reply."""
    time_step_us: int
    """How finely the protocol tells time: 1000 for Sparkplug, 1 for OPC UA (100 ns on the wire)."""
    bad_status: int
    """The status that ``fail`` must arrive as."""

    async def start(self) -> None:
        """Open the device's socket and serve. Called again after ``stop`` it takes the same address."""

    async def stop(self) -> None:
        """Close socket and sessions: the device is gone."""

    def connector(self, folder: Path) -> Connector:
        """A new connector to this device, built by its module's ``build``. Polled ones poll every 0.1 s."""

    async def say(self, values: Sequence[float], time_us: int) -> None:
        """Let the tags have these values at the device's time, also one that is older than before or ahead.

        Returns when the device has sent them, or will as soon as somebody is connected."""

    async def fail(self) -> None:
        """Let the tag T3 be bad from now on; what ``say`` brings for the others stays good."""


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
