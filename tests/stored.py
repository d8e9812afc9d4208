"""A historian that tests open again and again, and readings to put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from didymium.historian import Historian
from didymium.historian.schema import DAY_US
from didymium.historian.store import open_engine
from didymium.model.readings import Readings

PATHS = [f"S{1 + i % 2:02d}.A.U.T{i}" for i in range(20)]
T0 = 1_760_000_000_000_000 // DAY_US * DAY_US
EVERYTHING = (0, 2**62)

Open = Callable[..., Historian]


@contextmanager
def reopening(url: str) -> Iterator[Open]:
    """Opens the test's store again and again; the one before is closed first."""
    opened: list[Historian] = []

    def again(paths: list[str] = PATHS, **options: object) -> Historian:
        if opened:
            opened.pop().close()
        engine = open_engine(url)
        try:
            opened.append(Historian(engine, paths, **options))  # type: ignore[arg-type]
        except BaseException:
            engine.close()
            raise
        engine.keep_definitions()
        return opened[-1]

    try:
        yield again
    finally:
        for historian in opened:
            historian.close()


def seconds(first: int, count: int, tags: int = 20, at_us: int = T0) -> Readings:
    """One reading per tag and second, all different."""
    tag = np.tile(np.arange(1, tags + 1, dtype=np.uint32), count)
    time_us = np.repeat(at_us + np.arange(first, first + count, dtype=np.int64) * 1_000_000, tags)
    return Readings.of(tag, time_us, np.round(np.sin(np.arange(len(tag)) + first) * 100, 2))


def stored(store: Historian) -> int:
    return int(store.count(*EVERYTHING).count.sum())
