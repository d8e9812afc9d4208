"""A ClickHouse server over HTTP: the same SQL and the same Native bytes as the embedded engine."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from didymium.historian.address import Server, address
from didymium.historian.engine import READ_LIMIT_S, Columns, Engine
from didymium.historian.errors import EngineError, HistorianError, NoFreeze, ServerGone, translated
from didymium.historian.native import decode
from didymium.historian.once import Once

CONNECT_LIMIT_S: Final = 3
TIMEOUT_S: Final = 300
"""Longer than any read may take, so that the server's own error arrives first."""
_TALKATIVE: Final = ("clickhouse_connect", "urllib3.connectionpool")
"""They warn, with tracebacks, of every error that they also raise."""
_SYSTEM_SAID: Final = re.compile(r"\[Errno -?\d+\] ([\w ]+)")
_NO_SETTINGS: Final[Mapping[str, str | int]] = {}
_WHAT_IS_THERE: Final = {"skip_unavailable_shards": 1}
_UNREACHABLE: Final = (0, 209, 210)
"""No code of the engine's, SOCKET_TIMEOUT, NETWORK_ERROR."""


class _Clients(threading.local):
    """This thread's own HTTP client."""

    client: Any = None


def open_server(url: str) -> Engine:
    """The engine behind a ``clickhouse://`` URL: one server, or a cluster. Raises ``BadUrl`` and ``EngineError``."""
    where = address(url)
    if where.single is None:
        from didymium.historian.cluster import ClusterEngine

        return ClusterEngine(where)
    engine = ServerEngine(where.single)
    engine.make_database()
    return engine


class ServerEngine:
    """An ``Engine`` over one server. It connects when it is first asked something."""

    def __init__(
        self,
        server: Server,
        *,
        points: str = "points",
        replicated: bool = False,
        settings: Mapping[str, str | int] | None = None,
        limit_s: int = TIMEOUT_S,
    ) -> None:
        """``points`` names the table that keeps points here; ``settings`` go with every question.

        A server that says nothing for ``limit_s`` counts as gone.
        """
        self.server = server
        self._local = _Clients()
        self._opened: list[Any] = []
        self._opening = threading.Lock()
        self._settings = dict(settings or {})
        self._limit_s = limit_s
        self._once = Once(self, points, replicated=replicated)

    @property
    def database(self) -> str:
        return self.server.database

    @property
    def where(self) -> str:
        return f"{self.server.name}/{self.server.database}"

    def _client(self) -> Any:
        if self._local.client is None:
            import clickhouse_connect
            from clickhouse_connect.driver.exceptions import Error

            for name in _TALKATIVE:
                logging.getLogger(name).setLevel(logging.ERROR)
            try:
                client = clickhouse_connect.get_client(
                    host=self.server.host.strip("[]"),
                    port=self.server.port,
                    username=self.server.user,
                    password=self.server.password,
                    secure=self.server.secure,
                    ca_cert=self.server.ca,
                    autogenerate_session_id=False,
                    connect_timeout=CONNECT_LIMIT_S,
                    send_receive_timeout=self._limit_s,
                )
            except Error as error:
                raise self._failed(error) from error
            client.database = self.database
            with self._opening:
                self._opened.append(client)
            self._local.client = client
        return self._local.client

    def _failed(self, error: Exception) -> HistorianError:
        from clickhouse_connect.driver.exceptions import OperationalError

        found = translated(str(error), self.where)
        if isinstance(error, OperationalError) and isinstance(found, EngineError) and found.code in _UNREACHABLE:
            reason = _SYSTEM_SAID.search(str(error))
            return ServerGone(self.server.name, reason.group(1).lower() if reason else "the connection broke off")
        return found

    def make_database(self) -> None:
        """Create our database if it is missing. Raises ``EngineError``."""
        self.command(f"CREATE DATABASE IF NOT EXISTS {self.database}")

    def command(self, sql: str) -> None:
        from clickhouse_connect.driver.exceptions import Error

        try:
            self._client().command(sql, use_database=False)
        except Error as error:
            raise self._failed(error) from error

    def insert(self, table: str, block: bytes, settings: Mapping[str, str | int]) -> None:
        from clickhouse_connect.driver.exceptions import Error

        chosen = {"async_insert": 0, "wait_end_of_query": 1, **settings}
        try:
            self._client().raw_insert(
                f"{self.database}.{table}", insert_block=block, settings=chosen, fmt="Native", compression=None
            )
        except Error as error:
            raise self._failed(error) from error

    def _answer(self, sql: str, layout: str, settings: Mapping[str, str | int]) -> bytes:
        from clickhouse_connect.driver.exceptions import Error

        try:
            return bytes(self._client().raw_query(sql, fmt=layout, settings=settings))
        except Error as error:
            raise self._failed(error) from error

    def store(self, block: bytes, token: str | None, *, replay: bool) -> int:
        return self._once.store(block, token, replay=replay)

    def native(self, sql: str, settings: Mapping[str, str | int] = _NO_SETTINGS) -> bytes:
        """The answer as one or more Native blocks."""
        return self._answer(sql, "Native", {**self._settings, **settings, "max_execution_time": READ_LIMIT_S})

    def read(self, sql: str, tags: Sequence[int] | None = None) -> Columns:
        return decode(self.native(sql, _WHAT_IS_THERE if tags is not None and not len(tags) else _NO_SETTINGS))

    def folder(self, table: str) -> Path | None:
        """A server's files are its own."""
        return None

    def ask(self, sql: str) -> pa.Table:
        chosen = {**self._settings, "max_execution_time": READ_LIMIT_S, "readonly": 1}
        data = self._answer(sql, "ArrowStream", chosen)
        return pa.ipc.open_stream(data).read_all() if data else pa.table({})

    def space(self) -> tuple[int, int]:
        answer = self.read("SELECT min(unreserved_space) AS free, min(total_space) AS total FROM system.disks")
        return int(answer["free"][0]), int(answer["total"][0])

    def writing(self) -> AbstractContextManager[None]:
        """Nothing is frozen here."""
        return nullcontext()

    def alone(self) -> AbstractContextManager[None]:
        return nullcontext()

    def freeze(self, name: str) -> Path:
        """Raises ``NoFreeze``."""
        raise NoFreeze(self.where, self.database)

    def thaw(self, name: str) -> None:
        """Nothing was frozen here."""

    def keep_definitions(self) -> None:
        """A server keeps its own."""

    def trouble(self) -> list[str]:
        """Nothing: what it has was acknowledged."""
        return []

    def close(self) -> None:
        with self._opening:
            opened, self._opened = self._opened, []
        for client in opened:
            client.close()
        self._local = _Clients()
