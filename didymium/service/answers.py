"""Asks a running centre over its API."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from didymium.service.errors import NotRunning, ServiceError


class Refused(ServiceError):
    """The centre answered that it will not or cannot."""


class Centre:
    """The centre at one address; every call is one blocking request."""

    def __init__(self, wall: str) -> None:
        self._wall = wall
        parts = urlsplit(wall)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self.tags = 0
        """Tags of the complex, known after the first ``health``."""

    def health(self) -> dict[str, Any]:
        """``GET /api/health``."""
        health = msgspec.json.decode(self._ask("GET", "/api/health"), type=dict[str, Any])
        self.tags = int(health["tags"])
        return health

    def data_health(self) -> dict[str, Any]:
        """``GET /api/data-health``."""
        return msgspec.json.decode(self._ask("GET", "/api/data-health"), type=dict[str, Any])

    def query(self, sql: str) -> bytes:
        """``POST /api/query``: an Arrow IPC stream."""
        return self._ask("POST", "/api/query", json.dumps({"sql": sql}).encode(), timeout_s=60.0)

    def import_file(self, path: str) -> int:
        """``POST /api/import``: rows stored of one history file."""
        answer = self._ask("POST", "/api/import?path=" + quote(path), b"", timeout_s=600.0)
        return int(msgspec.json.decode(answer)["rows"])

    def freeze(self) -> dict[str, Any]:
        """``POST /api/freeze``: the store held fast for a backup; ``thaw`` it by the answer's name."""
        return msgspec.json.decode(self._ask("POST", "/api/freeze", b"", timeout_s=120.0), type=dict[str, Any])

    def thaw(self, name: str, kept: bool) -> None:
        """``POST /api/thaw``; ``kept`` when a verified backup has it."""
        self._ask("POST", f"/api/thaw?name={quote(name)}&kept={str(kept).lower()}", b"", timeout_s=120.0)

    def _ask(self, method: str, target: str, body: bytes | None = None, timeout_s: float = 10.0) -> bytes:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=timeout_s)
        try:
            connection.request(method, target, body, {"Content-Type": "application/json"} if body else {})
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise NotRunning(self._wall) from error
        finally:
            connection.close()
        if response.status >= 400:
            try:
                detail = str(msgspec.json.decode(content)["detail"])
            except (msgspec.DecodeError, KeyError, TypeError):
                detail = content.decode(errors="replace")
            raise Refused(detail)
        return content
