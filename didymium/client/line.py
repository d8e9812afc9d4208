"""HTTP to one centre, with nothing but Python's own library."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import pyarrow as pa

from didymium.client.errors import CentreNotReached, RefusedByCentre

ARROW: Final = "application/vnd.apache.arrow.stream"
LONGEST_ANSWER_S: Final = 60.0
"""The centre stops a question after 30 s; a slice of a long answer comes sooner."""

Query = Mapping[str, str | int | float | bool | None]


class Line:
    """Opens a connection per question, so that it may be used from several threads."""

    def __init__(self, address: str) -> None:
        """``address`` like ``http://127.0.0.1:8600`` or ``https://centre.example``. Raises ``ValueError``."""
        parts = urlsplit(address if "//" in address else f"http://{address}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{address!r} is no address of a centre; write http://host:port")
        self.address = f"{parts.scheme}://{parts.netloc}"
        self._prefix = parts.path.rstrip("/")
        self._host = parts.hostname
        self._secure = parts.scheme == "https"
        self._port = parts.port or (443 if self._secure else 80)

    def json(self, target: str, **query: str | int | float | bool | None) -> Any:
        """The answer to a GET, decoded."""
        with self.opened("GET", target, query) as response:
            return json.loads(response.read())

    def table(self, target: str, query: Query) -> pa.Table:
        """The Arrow table that answers a GET."""
        with self.opened("GET", target, query, accept=ARROW) as response:
            return pa.ipc.open_stream(response.read()).read_all()

    def posted(self, target: str, content: object) -> pa.Table:
        """The Arrow table that answers a POST of JSON."""
        with self.opened("POST", target, {}, accept=ARROW, body=json.dumps(content).encode()) as response:
            return pa.ipc.open_stream(response.read()).read_all()

    def batches(self, target: str, query: Query) -> Iterator[pa.RecordBatch]:
        """The Arrow batches that answer a GET, as they come."""
        with self.opened("GET", target, query, accept=ARROW) as response:
            stream = pa.ipc.open_stream(_Whole(response))
            yield from stream

    @contextlib.contextmanager
    def opened(
        self,
        method: str,
        target: str,
        query: Query,
        *,
        accept: str = "application/json",
        body: bytes | None = None,
    ) -> Iterator[http.client.HTTPResponse]:
        """An answer that is no refusal. Raises ``CentreNotReached``, also while it is read, or ``RefusedByCentre``."""
        connection = self.connection(LONGEST_ANSWER_S)
        try:
            yield self.request(connection, method, target, query, accept, body)
        except (OSError, http.client.HTTPException) as error:
            raise self.not_reached(error) from error
        finally:
            connection.close()

    def connection(self, timeout_s: float) -> http.client.HTTPConnection:
        """A connection that is not open yet."""
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        return kind(self._host, self._port, timeout=timeout_s)

    def request(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        query: Query,
        accept: str,
        body: bytes | None = None,
    ) -> http.client.HTTPResponse:
        """Ask over a connection. Raises ``RefusedByCentre`` and whatever the network raises."""
        given = {name: value for name, value in query.items() if value is not None}
        where = f"{self._prefix}{target}?{urlencode(given)}" if given else self._prefix + target
        headers = {"Accept": accept} | ({"Content-Type": "application/json"} if body is not None else {})
        connection.request(method, where, body, headers)
        response = connection.getresponse()
        if response.status >= 400:
            raise RefusedByCentre(response.status, _words(response))
        return response

    def not_reached(self, error: Exception) -> CentreNotReached:
        """Our error for the network's."""
        return CentreNotReached(self.address, str(error) or type(error).__name__)


def _words(response: http.client.HTTPResponse) -> str:
    content = response.read()
    try:
        return str(json.loads(content)["detail"])
    except (ValueError, KeyError, TypeError):
        return content.decode(errors="replace") or f"{response.status} {response.reason}"


class _Whole:
    """The body as a file for Arrow, which takes an end between two messages for the whole: we know better."""

    closed = False

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response

    def read(self, size: int = -1) -> bytes:
        """As a file does. Raises ``IncompleteRead`` when the answer broke off."""
        return self._response.read(None if size < 0 else size)

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._response.close()
