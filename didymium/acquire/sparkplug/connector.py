"""The Sparkplug host application: one broker connection for many edge nodes, each with its own state and sink."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from didymium.acquire.errors import DeviceLost
from didymium.acquire.points import Points
from didymium.acquire.sink import Line, Sink
from didymium.acquire.sparkplug.broker import Broker, HostSession
from didymium.acquire.sparkplug.node import EdgeNode
from didymium.model.sparkplug import (
    NAMESPACE,
    REBIRTH,
    US_PER_MS,
    BadTopic,
    DataType,
    MessageType,
    Payload,
    Topic,
)

logger = logging.getLogger(__name__)

TICK_S: Final = 0.25
NO_BIRTH: Final = "no birth"
TOPICS_KNOWN: Final = 4_096


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """An edge node and its tags; ``reorder_s`` is how long a message out of order is waited for."""

    group: str
    node: str
    points: Points
    reorder_s: float


class SparkplugConnector:
    """The ``Connector`` of one broker; line i is edge node i."""

    def __init__(
        self, name: str, broker: Broker, host_id: str, lines: Sequence[Line], nodes: Sequence[NodeAddress]
    ) -> None:
        self.name = name
        self.lines = tuple(lines)
        self._broker = broker
        self._host_id = host_id
        self._addresses = tuple(nodes)
        self._nodes: tuple[EdgeNode, ...] = ()

    async def run(self, sinks: Sequence[Sink]) -> None:
        """Connect, ask all nodes what they have, and stream until cancelled. Raises ``DeviceLost``."""
        made = [
            EdgeNode(a.points, sink, int(a.reorder_s * 1_000_000))
            for a, sink in zip(self._addresses, sinks, strict=True)
        ]
        by_name = {(a.group, a.node): node for a, node in zip(self._addresses, made, strict=True)}

        @lru_cache(TOPICS_KNOWN)
        def meant(text: str) -> tuple[EdgeNode, MessageType, str | None] | None:
            try:
                topic = Topic.parse(text)
            except BadTopic:
                return None
            node = by_name.get((topic.group, topic.node))
            return None if node is None else (node, topic.kind, topic.device)

        def take(text: str, payload: bytes) -> None:
            found = meant(text)
            if found is not None:
                node, kind, device = found
                node.take(kind, device, payload, _now_us())

        filters = [f"{NAMESPACE}/{a.group}/+/{a.node}/#" for a in self._addresses]
        session = await HostSession.open(self._broker, self._host_id, filters, take)
        try:
            for node, sink in zip(made, sinks, strict=True):
                if not node.born:
                    sink.down(NO_BIRTH)
                    node.want_rebirth("host started")
            self._nodes = tuple(made)
            while not session.lost.is_set():
                self._tick(session)
                try:
                    async with asyncio.timeout(TICK_S):
                        await session.lost.wait()
                except TimeoutError:
                    continue
            raise DeviceLost("broker lost", f"{self._broker.host}:{self._broker.port}")
        finally:
            self._nodes = ()
            await session.close()

    def revive(self, line: int) -> bool:
        """Ask the silent node for a rebirth; it answers while it lives."""
        if not self._nodes:
            return False
        self._nodes[line].want_rebirth("silent")
        return True

    def _tick(self, session: HostSession) -> None:
        now_us = _now_us()
        for address, node in zip(self._addresses, self._nodes, strict=True):
            node.tick(now_us)
            reason = node.rebirth_due(now_us)
            if reason:
                logger.info("%s/%s: rebirth requested: %s", address.group, address.node, reason)
                topic = Topic(MessageType.NCMD, address.group, address.node)
                session.publish(str(topic), rebirth_command(now_us))


def rebirth_command(now_us: int) -> bytes:
    """Return the NCMD payload by which a host asks a node for its births (§6.4.25)."""
    payload = Payload(timestamp=now_us // US_PER_MS)
    payload.metrics.add(name=REBIRTH, timestamp=now_us // US_PER_MS, datatype=int(DataType.BOOLEAN), boolean_value=True)
    encoded: bytes = payload.SerializeToString()
    return encoded


def _now_us() -> int:
    return time.time_ns() // 1000
