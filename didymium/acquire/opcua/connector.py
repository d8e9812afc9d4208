"""Streams one OPC UA device's tags: subscribe, read what is published, notice when it stops."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from asyncua import ua
from asyncua.ua import uaerrors

from didymium.acquire.causes import Cause
from didymium.acquire.errors import DeviceLost
from didymium.acquire.opcua.session import Access, Session
from didymium.acquire.opcua.stream import Stream
from didymium.acquire.points import Points
from didymium.acquire.sink import Line, Sink

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What to ask the device for: intervals in ms, and how many changes it keeps between two publishings."""

    publishing_ms: float
    sampling_ms: float
    queue: int


class OpcuaConnector:
    """The ``Connector`` of one OPC UA server, one line."""

    def __init__(self, line: Line, access: Access, subscription: Subscription, points: Points) -> None:
        self.name = line.name
        self.lines: tuple[Line, ...] = (line,)
        self._access = access
        self._subscription = subscription
        self._points = points

    async def run(self, sinks: Sequence[Sink]) -> None:
        """Connect, subscribe and stream until cancelled. Raises ``DeviceLost``."""
        session = await Session.open(self._access)
        try:
            nodes = self._nodes(sinks[0])
            made = await session.subscribe(self._subscription.publishing_ms)
            refused = await session.monitor(made.id, nodes, self._subscription.sampling_ms, self._subscription.queue)
            for item in refused:
                self._refuse(sinks[0], item.position, item.reason)
            if len(nodes) == len(refused):
                raise DeviceLost("no node accepted", f"none of the {len(self._points)} node ids is known to the device")
            gone = {item.position for item in refused}
            stream = Stream(session, made, self._points, [n for n in nodes if n[0] not in gone], sinks[0])
            sinks[0].up()
            await stream.run()
        finally:
            await session.close()

    def revive(self, line: int) -> bool:
        """A silent session is only revived by a new one."""
        return False

    def _nodes(self, sink: Sink) -> list[tuple[int, ua.NodeId]]:
        nodes: list[tuple[int, ua.NodeId]] = []
        for handle, address in enumerate(self._points.addresses):
            try:
                nodes.append((handle, ua.NodeId.from_string(address)))
            except (uaerrors.UaError, ValueError):
                self._refuse(sink, handle, "not a node id")
        return nodes

    def _refuse(self, sink: Sink, handle: int, reason: str) -> None:
        example = f"{self._points.paths[handle]}: {self._points.addresses[handle]!r} {reason}"
        logger.warning("%s: %s", self.name, example)
        sink.discard(Cause.UNKNOWN_ADDRESS, 1, example)
