"""A ClickHouse server over HTTP: the same SQL and the same Native bytes as the embedded engine."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from didymium.historian.engine import READ_LIMIT_S, Columns
from didymium.historian.errors import BadUrl, NoFreeze, translated
from didymium.historian.native import decode

HTTP_PORT = 8123
_TIMEOUT_S = 300
"""Longer than any read may take, so that the server's own error arrives first."""


class _Clients(threading.local):
    """This thread's own HTTP client."""

    client: Any = None


class ServerEngine:
    """An ``Engine`` over ``clickhouse://user:password@host:port/database``; the port is the HTTP one."""

    def __init__(self, url: str) -> None:
        """Raises ``BadUrl`` or ``EngineError``."""
        parts = urlsplit(url)
        if parts.scheme != "clickhouse" or not parts.hostname:
            raise BadUrl(url)
        self._host = parts.hostname
        self._port = parts.port or HTTP_PORT
        self._user = unquote(parts.username or "default")
        self._password = unquote(parts.password or "")
        self._database = parts.path.strip("/") or "didymium"
        self._local = _Clients()
        self._opened: list[Any] = []
        self._opening = threading.Lock()
        self.command(f"CREATE DATABASE IF NOT EXISTS {self._database}")

    @property
    def database(self) -> str:
        return self._database

    @property
    def where(self) -> str:
        return f"{self._host}:{self._port}/{self._database}"

    def _client(self) -> Any:
        if self._local.client is None:
            import clickhouse_connect
            from clickhouse_connect.driver.exceptions import Error

            try:
                client = clickhouse_connect.get_client(
                    host=self._host,
                    port=self._port,
                    username=self._user,
                    password=self._password,
                    autogenerate_session_id=False,
                    send_receive_timeout=_TIMEOUT_S,
                )
            except Error as error:
                raise translated(str(error), self.where) from error
            client.database = self._database
            with self._opening:
                self._opened.append(client)
            self._local.client = client
        return self._local.client

    def command(self, sql: str) -> None:
        from clickhouse_connect.driver.exceptions import Error

        try:
            self._client().command(sql, use_database=False)
        except Error as error:
            raise translated(str(error), self.where) from error

    def insert(self, table: str, block: bytes, settings: Mapping[str, str | int]) -> None:
        from clickhouse_connect.driver.exceptions import Error

        chosen = {"async_insert": 0, "wait_end_of_query": 1, **settings}
        try:
            self._client().raw_insert(
                f"{self._database}.{table}", insert_block=block, settings=chosen, fmt="Native", compression=None
            )
        except Error as error:
            raise translated(str(error), self.where) from error

    def _answer(self, sql: str, layout: str, settings: Mapping[str, str | int]) -> bytes:
        from clickhouse_connect.driver.exceptions import Error

        try:
            return bytes(self._client().raw_query(sql, fmt=layout, settings=settings))
        except Error as error:
            raise translated(str(error), self.where) from error

    def read(self, sql: str) -> Columns:
        return decode(self._answer(sql, "Native", {"max_execution_time": READ_LIMIT_S}))

    def ask(self, sql: str) -> pa.Table:
        data = self._answer(sql, "ArrowStream", {"max_execution_time": READ_LIMIT_S, "readonly": 1})
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
        raise NoFreeze(self.where, self._database)

    def thaw(self, name: str) -> None:
        """Nothing was frozen here."""

    def keep_definitions(self) -> None:
        """A server keeps its own."""

    def close(self) -> None:
        with self._opening:
            opened, self._opened = self._opened, []
        for client in opened:
            client.close()
        self._local = _Clients()
