"""The connectors of a complex, by protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from didymium.acquire import modbus, s7
from didymium.acquire.opcua.build import build as build_opcua
from didymium.acquire.sink import Connector
from didymium.acquire.sparkplug.build import build as build_sparkplug
from didymium.model.plant import Complex, Protocol, Site
from didymium.model.registry import TagIds

Build = Callable[[Complex, TagIds, Sequence[Site], Path], tuple[Connector, ...]]

CONNECTORS: Final[Mapping[Protocol, Build]] = {
    Protocol.OPCUA: build_opcua,
    Protocol.S7: s7.build,
    Protocol.MODBUS: modbus.build,
    Protocol.SPARKPLUG: build_sparkplug,
}
"""Each takes all the sites that speak its protocol and says how many connections they need."""


def connectors(complex_: Complex, ids: TagIds, sites: Sequence[Site], folder: Path) -> tuple[Connector, ...]:
    """Return what reads ``sites``; ``folder`` is the edge's own, for certificates. Raises ``BadConnection``."""
    return tuple(
        connector
        for protocol, build in CONNECTORS.items()
        if (speaking := [site for site in sites if site.connection.protocol is protocol])
        for connector in build(complex_, ids, speaking, folder)
    )
