"""The way of inserts to one place, in order: straight while it is well, else through its queue on our disk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from didymium.historian.errors import HistorianError, ServerGone
from didymium.historian.spool import Backlog, Queue, Waiting

Insert = Callable[[Waiting], int]
"""Store a block there; the rows that were new. Raises ``ServerGone``."""


class Outlet:
    """One place: a shard's big tables, or a server's small ones.

    ``well`` means that everything acknowledged is there. It becomes ill when it does not answer, and well again when
    ``drain`` found it answering and its queue empty. Nothing passes by what waits.
    """

    def __init__(self, name: str, queue: Queue, insert: Insert, admit: Callable[[], None]) -> None:
        """``admit`` makes the place ready for inserts; it raises while it is not."""
        self.name = name
        self._queue = queue
        self._insert = insert
        self._admit = admit
        self._lock = threading.Lock()
        self._well = False
        self._why = "has not answered yet"
        self._cut_off = True  # the oldest that waits may have been given already when we were stopped
        self.error: HistorianError | None = None

    @property
    def well(self) -> bool:
        return self._well

    @property
    def why(self) -> str:
        """What is wrong, for a message that begins with its name. Empty while it is well."""
        return "" if self._well else self._why

    @property
    def backlog(self) -> Backlog:
        return self._queue.backlog

    def put(self, waiting: Waiting) -> int:
        """Store a block there, or keep it until it can be: durable on return. The rows that were new, as far as known.

        Raises ``DiskFull`` when neither there nor here is room, and what the engine says of a block that it refuses.
        """
        while True:
            if self._well:
                try:
                    return self._insert(waiting)
                except ServerGone as error:
                    self.lost(error)
                    waiting = replace(waiting, doubt=True)
            with self._lock:
                if not self._well:
                    self._queue.add(waiting)
                    return waiting.rows

    def lost(self, error: HistorianError) -> None:
        """It does not answer."""
        with self._lock:
            self._well = False
            self._why = _said(error)
            self.error = error

    def drain(self, stopping: threading.Event) -> None:
        """If it is not well: look whether it answers, give it what waits, oldest first, and call it well.

        Called by one thread, which stops between two blocks when it is told to.
        """
        if self._well:
            return
        try:
            self._admit()
            self._why = "is back and catches up"
            while (waiting := self._queue.first()) is not None:
                doubt = waiting.doubt or self._cut_off
                self._cut_off = True
                self._insert(replace(waiting, doubt=doubt))
                self._queue.take(waiting)
                self._cut_off = False
                if stopping.is_set():
                    return
        except HistorianError as error:
            self._why = _said(error)
            self.error = error
            return
        with self._lock:
            self._well = len(self._queue) == 0
            self.error = None


def _said(error: HistorianError) -> str:
    return f"does not answer: {error.reason}" if isinstance(error, ServerGone) else f"takes nothing: {error}"
