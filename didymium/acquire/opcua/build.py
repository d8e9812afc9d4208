"""Makes the OPC UA connectors of a complex: one session per area, which is one PLC."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from didymium.acquire.errors import BadConnection
from didymium.acquire.opcua.connector import OpcuaConnector, Subscription
from didymium.acquire.opcua.session import MODES, POLICIES, Access
from didymium.acquire.options import Options
from didymium.acquire.points import Points
from didymium.acquire.sink import Connector, Line
from didymium.model.plant import Complex, Protocol, Site
from didymium.model.registry import TagIds


def build(complex_: Complex, ids: TagIds, sites: Sequence[Site], folder: Path) -> tuple[Connector, ...]:
    """Return one connector per area of ``sites``. Raises ``BadConnection``.

    Options: ``security`` (default None), ``mode`` (SignAndEncrypt), ``user`` with ``password_env`` or
    ``password_file``, ``server_certificate`` (a file to pin; else the first seen is kept in ``folder``),
    ``publishing_ms`` (250), ``sampling_ms`` (1000), ``queue`` (10), and ``endpoints``, a table from area to its own
    endpoint where one differs from the site's.
    """
    return tuple(connector for site in sites for connector in _site(complex_, ids, site, folder))


def _site(complex_: Complex, ids: TagIds, site: Site, folder: Path) -> list[OpcuaConnector]:
    options = Options(site, folder)
    policy = options.text("security", "None", POLICIES)
    mode = options.text("mode", "SignAndEncrypt", MODES)
    user = options.text("user", "")
    password = options.password()
    certificate = options.file("server_certificate")
    endpoints = options.table("endpoints")
    subscription = Subscription(
        publishing_ms=options.number("publishing_ms", 250, 10, 60_000),
        sampling_ms=options.number("sampling_ms", 1000, 0, 3_600_000),
        queue=int(options.number("queue", 10, 1, 10_000)),
    )
    options.finish()
    areas = [area.id for area in site.areas]
    for named in endpoints:
        if named not in areas:
            raise BadConnection(site.id, "endpoints", named, f"the site's areas are {', '.join(areas)}")
    made = []
    for area in site.areas:
        endpoint = endpoints.get(area.id, site.connection.endpoint)
        if urlsplit(endpoint).scheme != "opc.tcp" or not urlsplit(endpoint).hostname:
            raise BadConnection(site.id, "endpoint", endpoint, "it should look like opc.tcp://host:4840")
        rows = np.concatenate([np.arange(u.first, u.first + u.count) for u in area.units] or [np.empty(0, np.int64)])
        if not len(rows):
            continue
        points = Points.of(complex_, ids, rows)
        access = Access(
            endpoint=endpoint,
            policy=policy,
            mode=mode,
            user=user,
            password=password,
            certificate=certificate,
            identity_folder=folder / "pki",
            known=folder / "pki" / "trusted" / f"{site.id}-{area.id}.der",
        )
        line = Line(f"{site.id}/opcua/{area.id}", site.id, Protocol.OPCUA, endpoint)
        made.append(OpcuaConnector(line, access, subscription, points))
    return made
