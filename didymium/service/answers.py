"""Asks a running centre over its API."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from didymium.acquire.refusals import ImportReport, Progress
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

    def import_file(self, path: str, progress: Callable[[Progress], None] = lambda progress: None) -> ImportReport:
        """``POST /api/import``: what became of one history file, and how far it is on the way."""
        with self._opened("POST", "/api/import?path=" + quote(path), b"", timeout_s=600.0) as response:
            for line in response:
                word = msgspec.json.decode(line)
                if "report" in word:
                    return msgspec.convert(word["report"], ImportReport)
                if "error" in word:
                    raise Refused(word["error"])
                progress(msgspec.convert(word, Progress))
        raise Refused(f"the centre ended the import of {path} without a word; its log says why")

    def posted(self, target: str, content: object) -> dict[str, Any]:
        """The answer to a JSON request that writes something small."""
        answer = self._ask("POST", target, json.dumps(content).encode(), timeout_s=60.0)
        return msgspec.json.decode(answer, type=dict[str, Any])

    def corrections(self, tags: str, from_us: int, to_us: int) -> list[dict[str, Any]]:
        """``GET /api/corrections``."""
        target = f"/api/corrections?tags={quote(tags)}&from_us={from_us}&to_us={to_us}"
        return msgspec.json.decode(self._ask("GET", target, timeout_s=60.0), type=dict[str, list[dict[str, Any]]])[
            "corrections"
        ]

    def shifts(self) -> list[dict[str, Any]]:
        """``GET /api/shifts``, newest first."""
        return msgspec.json.decode(self._ask("GET", "/api/shifts"), type=dict[str, list[dict[str, Any]]])["shifts"]

    def report(self, shift: str, form: str, language: str, site: str) -> bytes:
        """``GET /api/report``: the file."""
        target = f"/api/report?shift={quote(shift)}&format={form}&language={language}&site={quote(site)}"
        return self._ask("GET", target, timeout_s=120.0)

    def freeze(self) -> dict[str, Any]:
        """``POST /api/freeze``: the store held fast for a backup; ``thaw`` it by the answer's name."""
        return msgspec.json.decode(self._ask("POST", "/api/freeze", b"", timeout_s=120.0), type=dict[str, Any])

    def thaw(self, name: str, kept: bool) -> None:
        """``POST /api/thaw``; ``kept`` when a verified backup has it."""
        self._ask("POST", f"/api/thaw?name={quote(name)}&kept={str(kept).lower()}", b"", timeout_s=120.0)

    def check(self, table: str = "", part: str = "") -> dict[str, Any]:
        """``POST /api/check``: findings, and without a part the parts to ask for."""
        target = f"/api/check?table={quote(table)}&part={quote(part)}"
        return msgspec.json.decode(self._ask("POST", target, b"", timeout_s=120.0), type=dict[str, Any])

    def _ask(self, method: str, target: str, body: bytes | None = None, timeout_s: float = 10.0) -> bytes:
        with self._opened(method, target, body, timeout_s) as response:
            return response.read()

    @contextlib.contextmanager
    def _opened(
        self, method: str, target: str, body: bytes | None = None, timeout_s: float = 10.0
    ) -> Iterator[http.client.HTTPResponse]:
        with contextlib.closing(http.client.HTTPConnection(self._host, self._port, timeout=timeout_s)) as connection:
            try:
                connection.request(method, target, body, {"Content-Type": "application/json"} if body else {})
                response = connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                raise NotRunning(self._wall) from error
            try:
                if response.status >= 400:
                    raise Refused(_detail(response.read()))
                yield response
            except (OSError, http.client.HTTPException) as error:
                raise Refused("the centre broke its answer off; its log says why") from error


def _detail(content: bytes) -> str:
    try:
        return str(msgspec.json.decode(content)["detail"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return content.decode(errors="replace")
