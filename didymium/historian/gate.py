"""Lets writes run side by side and a freeze run alone, so that every table is frozen at one instant."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Held(threading.local):
    """How often this thread is inside."""

    depth: int = 0


class Gate:
    """Shared by writers, or held by one thread alone. A thread that is inside may go in again.

    Who wants to be alone goes before writers that come later, so that busy writers cannot keep it out.
    """

    def __init__(self) -> None:
        self._held = _Held()
        self._changed = threading.Condition()
        self._inside = 0
        self._alone = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        """While the block runs, nobody is alone."""
        if not self._held.depth:
            with self._changed:
                self._changed.wait_for(lambda: not self._alone)
                self._inside += 1
        self._held.depth += 1
        try:
            yield
        finally:
            self._held.depth -= 1
            if not self._held.depth:
                with self._changed:
                    self._inside -= 1
                    self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While the block runs, no other thread is inside. Not for a thread that is inside already."""
        if self._held.depth:
            raise RuntimeError("a thread that shares the gate cannot have it alone")
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._alone = True
            self._changed.wait_for(lambda: not self._inside)
        self._held.depth += 1
        try:
            yield
        finally:
            self._held.depth -= 1
            with self._changed:
                self._alone = False
                self._changed.notify_all()
