"""What changed, to all who listen: one frame per group and tick, encoded once however many listen.

Groups: ``site:S03``, ``unit:S03.PL2.CELL041`` and ``tags:<path>,<path>`` carry values, ``wall``, ``health`` and
``alarms`` whatever the web room tells. Measured: a frame of 2,000 tags takes 0.3 ms, one listener more 2 µs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from didymium.live.state import NEVER_US, LiveState

TOLD_GROUPS: Final = ("wall", "health", "alarms")
QUEUE_FRAMES: Final = 16
"""Frames that a listener may be behind. One more, and it is dropped and told to begin anew."""
MOST_TAGS: Final = 2_000
"""Tags in one ``tags:`` group."""
RESYNC: Final = b"event: resync\ndata: {}\n\n"


class Listener:
    """One browser. ``next`` gives its frames as server-sent events; after a resync it gets no more."""

    def __init__(self, group: str) -> None:
        self.group = group
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUE_FRAMES)

    async def next(self, wait_s: float) -> bytes | None:
        """Return the next event as bytes of the stream, or None after ``wait_s`` without one."""
        try:
            return await asyncio.wait_for(self._queue.get(), wait_s)
        except TimeoutError:
            return None

    def put(self, event: bytes) -> bool:
        """Queue one event; False when the listener is too far behind: it then finds nothing but the resync."""
        if not self._queue.full():
            self._queue.put_nowait(event)
            return True
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(RESYNC)
        return False


class Feed:
    """Listeners by group. One task calls ``tick``; ``join`` and ``leave`` come between ticks on the same loop."""

    def __init__(self, live: LiveState) -> None:
        self.dropped = 0
        """Listeners that were too slow."""
        self._live = live
        self._listeners: dict[str, set[Listener]] = {}
        self._rows: dict[str, NDArray[np.intp]] = {}
        self._full: dict[str, bytes] = {}  # full frames of this tick
        self._told: dict[str, bytes] = {}
        self._now_us = 0

    @property
    def listeners(self) -> int:
        return sum(len(group) for group in self._listeners.values())

    def wanted(self, group: str) -> bool:
        """Whether anybody listens to the group."""
        return group in self._listeners

    def join(self, group: str) -> Listener | None:
        """Return a listener that begins with a full frame, or None when there is no such group."""
        whole = self.snapshot(group)
        if whole is None and group not in TOLD_GROUPS:
            return None
        listener = Listener(group)
        self._listeners.setdefault(group, set()).add(listener)
        if group not in self._rows and group not in TOLD_GROUPS:
            self._rows[group] = self._rows_of(group)
        if whole is not None:
            listener.put(_event(group if group in TOLD_GROUPS else "frame", whole))
        return listener

    def leave(self, listener: Listener) -> None:
        """Forget a listener; one that was dropped is forgotten already."""
        group = self._listeners.get(listener.group)
        if group is None:
            return
        group.discard(listener)
        if not group:
            del self._listeners[listener.group]
            self._rows.pop(listener.group, None)

    def snapshot(self, group: str) -> bytes | None:
        """Return the group's full frame as JSON, or None when there is no such group (or nothing was told yet).

        It shows the present, and the changes of the next tick come on top: a row may come twice, never not at all.
        """
        if group in TOLD_GROUPS:
            return self._told.get(group)
        whole = self._full.get(group)
        if whole is None:
            rows = self._rows.get(group)
            if rows is None:
                rows = self._rows_of(group)
            if not len(rows):
                return None
            whole = self._full[group] = self._frame(rows, full=True)
        return whole

    def tick(self, now_us: int) -> None:
        """Send what changed since the last tick to every group of values that has listeners."""
        self._now_us = now_us
        self._full.clear()
        changed = self._live.changes()
        if not len(changed):
            return
        is_changed = np.zeros(len(self._live.value), np.bool_)
        is_changed[changed] = True
        for group, group_rows in list(self._rows.items()):
            rows = group_rows[is_changed[group_rows]]
            if len(rows):
                self._send(group, _event("frame", self._frame(rows, full=False)))

    def tell(self, group: str, data: bytes) -> None:
        """Send JSON to a group of ``TOLD_GROUPS`` and keep it for those who join later."""
        self._told[group] = data
        self._send(group, _event(group, data))

    def _send(self, group: str, event: bytes) -> None:
        slow = [listener for listener in self._listeners.get(group, ()) if not listener.put(event)]
        for listener in slow:
            self.dropped += 1
            self.leave(listener)

    def _rows_of(self, group: str) -> NDArray[np.intp]:
        plant = self._live.complex
        kind, _, name = group.partition(":")
        if kind == "site" and name in plant.site_of:
            return _range(plant.site_of[name].rows)
        if kind == "unit" and name in plant.unit_of:
            return _range(plant.unit_of[name].rows)
        if kind == "tags":
            return _known_rows(name.split(","), plant.tags.row_of)
        return np.empty(0, np.intp)

    def _frame(self, rows: NDArray[np.intp], *, full: bool) -> bytes:
        """A time that is not known is null, as is a value that is not a number."""
        live = self._live
        times = live.time_us[rows]
        ages: list[int | None] = times.tolist()
        for at in np.flatnonzero(times == NEVER_US).tolist():
            ages[at] = None
        frame: dict[str, object] = {"t": self._now_us, "rows": rows.tolist(), "v": live.value[rows].tolist()}
        frame["s"] = live.status[rows].tolist()
        frame["a"] = ages
        if full:
            frame["full"] = True
        return msgspec.json.encode(frame)


def _range(rows: slice) -> NDArray[np.intp]:
    return np.arange(rows.start, rows.stop, dtype=np.intp)


def _known_rows(paths: Sequence[str], row_of: dict[str, int]) -> NDArray[np.intp]:
    """Rows of the paths, sorted, or none at all when a path is unknown or there are too many."""
    if len(paths) > MOST_TAGS or any(path not in row_of for path in paths):
        return np.empty(0, np.intp)
    return np.unique(np.array([row_of[path] for path in paths], np.intp))


def _event(name: str, data: bytes) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"
