"""What the contract suite needs of a device to try a connector on it."""

from __future__ import annotations

import math
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from didymium.acquire.sink import Connector
from didymium.model import plant
from didymium.model.plant import (
    Area,
    Complex,
    Connection,
    Kind,
    Origin,
    Site,
    TagTable,
    Template,
    TemplateTag,
    Text,
    Unit,
)
from didymium.model.registry import TagIds

TAGS = 4
"""Tags of the trial unit: T0..T3, analog, 0..1000, resolution 0.001, ids 11..14."""


class Harness(Protocol):
    """A device that the test holds in its hand. Its class takes no arguments; ``DEVICES`` in the suite lists them.

    The device has ``TAGS`` tags, all in one device, of the complex that ``trial`` makes.
    """

    name: str
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
        """Let the tags have these values at the device's time; returns when the device has sent or can be asked."""

    async def fail(self) -> None:
        """Let the tag T3, or all tags where the protocol can't say it of one, be bad from now on."""


def trial(
    protocol: plant.Protocol, endpoint: str, options: Mapping[str, object], addresses: Sequence[str]
) -> tuple[Complex, TagIds]:
    """A complex of one site S01, area A1, unit U1 with the tags T0.. at the given addresses, ids 11, 12, .."""
    text = Text("trial", "试")
    n = len(addresses)
    tag = TemplateTag(
        "T[0..3]", Kind.ANALOG, "kW", 0.0, 1000.0, 0.001, 0, math.nan, math.nan, math.nan, math.nan, "", 0.0, (), text
    )  # fmt: skip
    unit = Unit("U1", "S01", "A1", "TRIAL", 1, text, 0, n)
    site = Site(
        "S01", text, Origin.ASSUMED, "", text, text, 0.5, 0.5, (Area("A1", text, (unit,)),),
        Connection(protocol, endpoint, options), 0, n,
    )  # fmt: skip
    nan = np.full(n, np.nan)
    tags = TagTable(
        path=tuple(f"S01.A1.U1.T{i}" for i in range(n)),
        address=tuple(addresses),
        site=np.zeros(n, np.int16),
        unit=np.zeros(n, np.int32),
        template_tag=(tag,) * n,
        name=tuple(f"T{i}" for i in range(n)),
        kind=(Kind.ANALOG,) * n,
        low=np.zeros(n),
        high=np.full(n, 1000.0),
        scale=np.full(n, 1000.0),
        ll=nan, l=nan, h=nan, hh=nan,
        period_s=np.ones(n),
    )  # fmt: skip
    complex_ = Complex(
        "trial", text, "Asia/Shanghai", (site,), (unit,), {"TRIAL": Template("TRIAL", text, (tag,))}, (), (), tags
    )
    return complex_, TagIds(np.arange(11, 11 + n, dtype=np.uint32))


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
