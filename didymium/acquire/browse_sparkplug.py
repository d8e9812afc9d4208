"""Listens to a broker for the births of Sparkplug edge nodes and finds every number in them.

A node publishes when it starts, or when it is asked for a rebirth; so every node that is heard is asked. Some wait
for their host application to be online: if nobody is, ``host_id`` is taken for as long as this looks. A node that only
speaks of changes is found when something changes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf.message import DecodeError

from didymium.acquire.browse_found import BOOL, DOUBLE, FLOAT, Browsed, Found, Shape, refined, whole_shape
from didymium.acquire.sparkplug import metrics
from didymium.acquire.sparkplug.broker import Broker, BrokerSession, HostSession
from didymium.acquire.sparkplug.connector import rebirth_command
from didymium.model.sparkplug import (
    NAMESPACE,
    BadState,
    BadTopic,
    DataType,
    HostState,
    MessageType,
    Payload,
    Topic,
    state_topic,
)

COMMON: Final = "COM"
"""Area of the metrics that a node publishes itself."""
STATE_WAIT_S: Final = 0.5
QUIET_S: Final = 2.0
"""With births heard and no new one for so long, all have come."""

SHAPES: Final[dict[int, Shape]] = {
    DataType.INT8: whole_shape(8, signed=True),
    DataType.INT16: whole_shape(16, signed=True),
    DataType.INT32: whole_shape(32, signed=True),
    DataType.INT64: whole_shape(64, signed=True),
    DataType.UINT8: whole_shape(8, signed=False),
    DataType.UINT16: whole_shape(16, signed=False),
    DataType.UINT32: whole_shape(32, signed=False),
    DataType.UINT64: whole_shape(64, signed=False),
    DataType.FLOAT: FLOAT,
    DataType.DOUBLE: DOUBLE,
    DataType.BOOLEAN: BOOL,
}


@dataclass
class Ears:
    """What was heard of the nodes of one group, or of all when ``group`` is empty."""

    group: str
    births: dict[tuple[str, str, str | None], Any] = field(default_factory=dict)
    heard_s: float = 0.0
    unasked: set[tuple[str, str]] = field(default_factory=set)
    asked: set[tuple[str, str]] = field(default_factory=set)

    def take(self, text: str, payload: bytes) -> None:
        """Keep births; remember whom to ask for them."""
        try:
            topic = Topic.parse(text)
        except BadTopic:
            return
        if topic.kind in (MessageType.NCMD, MessageType.DCMD) or (self.group and topic.group != self.group):
            return
        node = topic.group, topic.node
        if node not in self.asked:
            self.unasked.add(node)
        if topic.kind in (MessageType.NBIRTH, MessageType.DBIRTH):
            try:
                self.births[topic.group, topic.node, topic.device] = Payload.FromString(payload)
            except DecodeError:
                return
            self.heard_s = time.monotonic()

    def complete(self) -> bool:
        """Whether births came, from everyone asked, and none for a while."""
        born = {(group, node) for group, node, _ in self.births}
        return bool(born) and self.asked <= born and time.monotonic() - self.heard_s > QUIET_S


async def browse_sparkplug(
    broker: Broker,
    group: str = "",
    wait_s: float = 10.0,
    host_id: str = "didymium",
    tell: Callable[[int], None] = lambda count: None,
) -> Browsed:
    """Return the points of all nodes heard within ``wait_s``; one site is one edge node. Raises ``DeviceLost``.

    ``group`` is empty for every group. ``tell`` is called with how many births were heard so far.
    """
    ears = Ears(group)
    filters = [f"{NAMESPACE}/{group or '+'}/{kind}/+" for kind in (MessageType.NBIRTH, MessageType.NDATA)]
    filters += [f"{NAMESPACE}/{group or '+'}/{kind}/+/+" for kind in (MessageType.DBIRTH, MessageType.DDATA)]
    session = await _session(broker, host_id, filters, ears)
    until_s = time.monotonic() + wait_s
    try:
        while time.monotonic() < until_s and not session.lost.is_set() and not ears.complete():
            while ears.unasked:
                node = ears.unasked.pop()
                ears.asked.add(node)
                topic = Topic(MessageType.NCMD, *node)
                session.publish(str(topic), rebirth_command(time.time_ns() // 1000))
            await asyncio.sleep(0.1)
            tell(len(ears.births))
    finally:
        await session.close()
    return points(ears)


async def _session(broker: Broker, host_id: str, filters: list[str], ears: Ears) -> BrokerSession | HostSession:
    """An onlooker where the host is online, else the host itself."""
    said: list[bytes] = []
    topic = state_topic(host_id)

    def take(text: str, payload: bytes) -> None:
        if text == topic:
            said.append(payload)
        else:
            ears.take(text, payload)

    onlooker = await BrokerSession.open(broker, "browse", {topic: 1} | dict.fromkeys(filters, 0), take)
    await asyncio.sleep(STATE_WAIT_S)
    try:
        online = bool(said) and HostState.parse(said[-1]).online
    except BadState:
        online = False
    if online:
        return onlooker
    await onlooker.close()
    return await HostSession.open(broker, host_id, filters, ears.take)


def points(ears: Ears) -> Browsed:
    """Return the numbers in the births."""
    groups = {group for group, _, _ in ears.births}
    found: list[Found] = []
    skipped: list[tuple[str, str]] = []
    for (group, node, device), payload in ears.births.items():
        prefix = "" if device is None else f"{device}/"
        for metric in payload.metrics:
            if metrics.own(metric.name) or not metric.name:
                continue
            address = prefix + metric.name
            shape = SHAPES.get(metric.datatype)
            if shape is None:
                skipped.append((f"{node}: {address}", f"a {_type_name(metric.datatype)}"))
                continue
            said = _properties(metric)
            shape, _ = refined(shape, _number(said.get("engLow")), _number(said.get("engHigh")), None, ())
            names = tuple(level for level in metric.name.split("/") if level)
            found.append(
                Found(
                    site=node if len(groups) == 1 else f"{group}{node}",
                    levels=_levels(device, names),
                    address=address,
                    kind=shape.kind,
                    unit=str(said.get("engUnit", "")),
                    low=shape.low,
                    high=shape.high,
                    resolution=shape.resolution,
                    labels=(),
                    description=metric.metadata.description or str(said.get("documentation", "")),
                    options=(("group", group), ("node", node)),
                )
            )
    return Browsed(tuple(found), tuple(skipped))


def _levels(device: str | None, names: tuple[str, ...]) -> tuple[str, ...]:
    if device is not None:
        return device, *names
    # A node's own metrics are one block of the site, whatever levels their names have.
    return COMMON, "_".join(names[:-1]) or COMMON, names[-1]


def _properties(metric: Any) -> dict[str, Any]:
    said = {}
    for key, value in zip(metric.properties.keys, metric.properties.values, strict=False):
        form = value.WhichOneof("value")
        if form is not None and not value.is_null:
            said[key] = getattr(value, form)
    return said


def _number(said: Any) -> float:
    return float(said) if isinstance(said, int | float) else float("nan")


def _type_name(kind: int) -> str:
    return DataType(kind).name if kind in set(DataType) else f"type {kind}"
