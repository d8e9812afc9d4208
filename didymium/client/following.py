"""The live subscription: what changed, as the centre tells it, across broken connections."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import math
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Final

import pyarrow as pa

from didymium.client.errors import CentreNotReached, RefusedByCentre
from didymium.client.line import Line
from didymium.client.moments import moment

SILENCE_S: Final = 15.0
"""The centre says that it is still there every 5 s; after three times that the connection counts as broken."""
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 5.0
MOST_TAGS: Final = 2_000

TOLD: Final = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        pa.field("time", pa.timestamp("us", "UTC")),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("status", pa.uint32(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Missed:
    """A stretch, in UTC, of which nothing was told; ``complex.raw(tags, missed.start, missed.end)`` has it all."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What the centre told at one moment.

    ``rows`` has a row per tag that changed, or per tag that is followed when ``whole``: path, time (of the source, µs,
    UTC; null before the first reading), value (in the tag's unit; NaN where there is none) and status (OPC UA
    StatusCode). ``at`` is the centre's clock. ``missed`` is set on the first word after a broken connection.
    """

    at: datetime
    rows: pa.RecordBatch
    whole: bool
    missed: Missed | None


class Following:
    """An endless iterator, plain or asynchronous, of ``Told``; close it, or use it as a context manager.

    The centre tells four times a second the newest reading of every tag that changed: of a tag that is read more often
    the readings between are in ``raw``. A broken connection is opened again for as long as it takes; only the first
    raises ``CentreNotReached``. A tag that the complex no longer has raises ``RefusedByCentre``.
    """

    def __init__(self, line: Line, paths: Sequence[str], rows: Callable[[], Mapping[int, str]]) -> None:
        self._line = line
        self._group = "tags:" + ",".join(paths)
        self._rows_now = rows
        self._paths: Mapping[int, str] = {}
        self._connection: http.client.HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self._response: http.client.HTTPResponse | None = None
        self._last_us: int | None = None
        self._broke = False
        self._closed = threading.Event()
        self._thread: ThreadPoolExecutor | None = None

    def __iter__(self) -> Following:
        return self

    def __next__(self) -> Told:
        """Block until the centre tells something."""
        pause_s = FIRST_PAUSE_S
        while not self._closed.is_set():
            try:
                if self._response is None:
                    self._open()
                return self._next()
            except (OSError, http.client.HTTPException, CentreNotReached) as error:
                self._hang_up()
                if self._closed.is_set():
                    break
                if self._last_us is None:
                    raise error if isinstance(error, CentreNotReached) else self._line.not_reached(error) from error
                self._broke = True
                self._closed.wait(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            except RefusedByCentre:
                self.close()
                raise
        raise StopIteration

    def __aiter__(self) -> Following:
        return self

    async def __anext__(self) -> Told:
        """The same without blocking the loop: a thread of this subscription's own waits."""
        if self._closed.is_set():
            raise StopAsyncIteration
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "following")
        told = await asyncio.get_running_loop().run_in_executor(self._thread, next, self, None)
        if told is None:
            raise StopAsyncIteration
        return told

    def close(self) -> None:
        """End the subscription; a ``next`` that waits in another thread ends too."""
        self._closed.set()
        waits_on = self._socket
        if waits_on is not None:
            with contextlib.suppress(OSError):  # closed already
                waits_on.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Following:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
        self._hang_up()

    async def __aenter__(self) -> Following:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()
        if self._thread is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._hang_up)
            self._thread.shutdown(wait=False)

    def _open(self) -> None:
        self._paths = self._rows_now()
        self._connection = self._line.connection(SILENCE_S)
        self._connection.connect()
        self._socket = self._connection.sock
        self._response = self._line.request(
            self._connection, "GET", "/api/events", {"group": self._group}, "text/event-stream"
        )

    def _hang_up(self) -> None:
        if self._response is not None:
            self._response.close()
            self._response = None
        self._socket = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _next(self) -> Told:
        """The next frame. Raises ``ConnectionError`` at the stream's end and where the centre says: begin anew."""
        event, data = "", b""
        assert self._response is not None
        while True:
            line = self._response.readline()
            if not line:
                raise ConnectionError("the stream ended")
            line = line.rstrip(b"\r\n")
            if line.startswith(b"event: "):
                event = line[7:].decode()
            elif line.startswith(b"data: "):
                data += line[6:]
            elif not line and data:
                if event == "resync":
                    raise ConnectionError("we were too slow")
                if event == "frame":
                    return self._told(json.loads(data))
                event, data = "", b""

    def _told(self, frame: Mapping[str, Any]) -> Told:
        columns = [
            pa.array([self._paths[row] for row in frame["rows"]], pa.string()),
            pa.array(frame["a"], pa.int64()).cast(pa.timestamp("us", "UTC")),
            pa.array([math.nan if value is None else value for value in frame["v"]], pa.float64()),
            pa.array(frame["s"], pa.uint32()),
        ]
        at_us = int(frame["t"])
        missed = None
        if self._broke and self._last_us is not None:
            missed = Missed(moment(self._last_us), moment(max(at_us, self._last_us)))
        self._broke = False
        self._last_us = at_us
        return Told(moment(at_us), pa.RecordBatch.from_arrays(columns, schema=TOLD), bool(frame.get("full")), missed)
