"""Makes the Sparkplug connectors of a complex: one per broker, with all edge nodes that meet there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from didymium.acquire.errors import BadConnection
from didymium.acquire.options import Options
from didymium.acquire.points import Points
from didymium.acquire.sink import Connector, Line
from didymium.acquire.sparkplug.broker import Broker
from didymium.acquire.sparkplug.connector import NodeAddress, SparkplugConnector
from didymium.model.plant import Complex, Protocol, Site
from didymium.model.registry import TagIds

PORT = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class _Member:
    broker: Broker
    host_id: str
    line: Line
    address: NodeAddress


def build(complex_: Complex, ids: TagIds, sites: Sequence[Site], folder: Path) -> tuple[Connector, ...]:
    """Return one connector per broker that ``sites`` name. Raises ``BadConnection``.

    Endpoints are ``mqtt://host:1883`` or ``mqtts://host:8883``. Options: ``group`` (required), ``node`` (default the
    site's id), ``host`` (the host application's id, default didymium), ``user`` with ``password_env`` or
    ``password_file``, ``authority`` (CA file for mqtts), ``reorder_s`` (2).
    """
    by_broker: dict[tuple[Broker, str], list[_Member]] = {}
    for site in sites:
        member = _member(complex_, ids, site, folder)
        by_broker.setdefault((member.broker, member.host_id), []).append(member)
    return tuple(
        SparkplugConnector(
            f"sparkplug/{broker.host}:{broker.port}",
            broker,
            host_id,
            [m.line for m in members],
            [m.address for m in members],
        )
        for (broker, host_id), members in by_broker.items()
    )


def broker_at(endpoint: str, user: str, password: str, authority: Path | None) -> Broker:
    """Return the broker of an endpoint. Raises ``ValueError`` with what it should look like."""
    url = urlsplit(endpoint)
    if url.scheme not in PORT or not url.hostname:
        raise ValueError("it should look like mqtt://host:1883 or mqtts://host:8883")
    return Broker(url.hostname, url.port or PORT[url.scheme], url.scheme == "mqtts", authority, user, password)


def _member(complex_: Complex, ids: TagIds, site: Site, folder: Path) -> _Member:
    options = Options(site, folder)
    endpoint = site.connection.endpoint
    user, password, authority = options.text("user", ""), options.password(), options.file("authority")
    try:
        broker = broker_at(endpoint, user, password, authority)
    except ValueError as error:
        raise BadConnection(site.id, "endpoint", endpoint, str(error)) from error
    host_id = options.text("host", "didymium")
    group = options.text("group", "")
    node = options.text("node", site.id)
    reorder_s = options.number("reorder_s", 2.0, 0.0, 60.0)
    options.finish()
    for key, level in (("group", group), ("node", node), ("host", host_id)):
        if not level or any(c in level for c in "/+#"):
            raise BadConnection(site.id, key, level, "it should be a topic level, without / + #")
    points = Points.of(complex_, ids, np.arange(site.first, site.first + site.count))
    line = Line(f"{site.id}/sparkplug", site.id, Protocol.SPARKPLUG, endpoint)
    return _Member(broker, host_id, line, NodeAddress(group, node, points, reorder_s))
