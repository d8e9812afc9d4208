"""Gives the contract suite its devices and its engines."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import clickhouse_node
import device_modbus
import device_opcua
import device_s7
import device_sparkplug
import pytest
import recorded
from harness import Harness
from rig import Rig

from didymium.historian import schema
from didymium.historian.engine import Engine
from didymium.historian.store import open_engine
from didymium.records.store import Records

DEVICES: tuple[type[Harness], ...] = (
    device_modbus.Device,
    device_opcua.Device,
    device_s7.Device,
    device_sparkplug.Device,
)


@pytest.fixture(params=DEVICES, ids=lambda device: device.name)
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    """A rig on each device in turn. Neither is started."""
    rig = Rig(request.param(), tmp_path)
    yield rig
    await rig.stop()


SERVER = "DIDYMIUM_TEST_CLICKHOUSE"
"""``clickhouse://user:password@host:port`` of a server that may be written to, instead of one that is started here."""
CLUSTER = "DIDYMIUM_TEST_CLICKHOUSE_CLUSTER"
"""A cluster's whole URL with ``DATABASE`` and ``SPOOL`` where those belong."""


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clickhouse_node.Cluster]:
    """Two real ClickHouse servers, each a shard of one cluster. Whoever kills one starts it again."""
    try:
        clickhouse_node.install()
    except clickhouse_node.LibraryMissing as error:
        pytest.skip(f"no ClickHouse to test with: {error}")
    with clickhouse_node.Cluster(tmp_path_factory.mktemp("clickhouse")) as cluster:
        yield cluster


@pytest.fixture
def cluster_url(clickhouse: clickhouse_node.Cluster, tmp_path: Path) -> Iterator[str]:
    """A database of its own on both servers."""
    database = f"didymium_{uuid.uuid4().hex}"
    yield f"clickhouse://{clickhouse.addresses}/{database}?spool={tmp_path / 'spool'}"
    for node in clickhouse.nodes:
        node.ask(f"DROP DATABASE IF EXISTS {database} SYNC")


@pytest.fixture(params=["chdb", "server", "cluster"])
def engine_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Each engine in turn, empty."""
    database = f"didymium_{uuid.uuid4().hex}"
    if request.param == "chdb":
        yield f"chdb://{tmp_path / 'store'}"
    elif request.param == "server" and SERVER in os.environ:
        yield f"{os.environ[SERVER].rstrip('/')}/{database}"
    elif request.param == "server":
        node = request.getfixturevalue("clickhouse").nodes[0]
        yield f"clickhouse://127.0.0.1:{node.http_port}/{database}"
        node.ask(f"DROP DATABASE IF EXISTS {database} SYNC")
    elif CLUSTER in os.environ:
        yield os.environ[CLUSTER].replace("DATABASE", database).replace("SPOOL", str(tmp_path / "spool"))
    else:
        yield request.getfixturevalue("cluster_url")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """The engine of one computer with its tables, empty."""
    made = open_engine(f"chdb://{tmp_path / 'store'}")
    schema.create(made, schema.TABLES)
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A real PostgreSQL server; ``DATABASE`` stands where a database's name belongs."""
    with contextlib.ExitStack() as running:
        try:
            server = running.enter_context(recorded.postgresql())
        except recorded.NoServer as error:
            pytest.skip(f"no PostgreSQL to test with: {error}")
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def records_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Each kind of transactional store in turn, empty."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'records' / 'records.sqlite'}"
    else:
        with recorded.database(request.getfixturevalue("postgresql")) as url:
            yield url


@pytest.fixture
def records(records_url: str) -> Iterator[Records]:
    """Each kind of transactional store in turn, open, with the alarms of ``recorded`` declared."""
    opened = Records.open(records_url)
    recorded.declare(opened)
    yield opened
    opened.close()
