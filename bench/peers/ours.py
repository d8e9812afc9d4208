"""The historian itself, over chdb, through its public interface."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.day import Day, Stretch
from bench.peers.peer import BUCKETS
from didymium.historian.aggregates.configuration import AggregateConfiguration
from didymium.historian.aggregates.definitions import aggregate_of
from didymium.historian.embedded import EmbeddedEngine
from didymium.historian.store import Historian
from didymium.historian.writer import Position
from didymium.model.plant import Complex
from didymium.model.readings import Readings

T = TypeVar("T")
SETTLE_LIMIT_S: Final = 900.0
QUIET_S: Final = 5
"""So long must the engine merge nothing to count as settled."""
ALL_ROWS: Final = 2**31
AGGREGATED_TAGS: Final = 1000
INTERVALS: Final = 24
LOOKS: Final = 30
HALF_A_SECOND_US: Final = 500_000


class Ours:
    """A fresh store in ``folder``; each writing thread is an edge whose batches have their place in its stream."""

    title = "didymium"
    note = (
        "µs times, value, status and flags, synced to disk before a write returns; size of the table's active parts,"
        " marks and primary key with them, after one forced merge"
    )
    threads = 2

    def __init__(self, plant: Complex, day: Day, folder: Path, *, jitter_us: float = 0.0) -> None:
        """``jitter_us`` is the standard deviation by which readings miss their second; such a day is imported."""
        self._day = day
        self._engine = EmbeddedEngine(folder / "store")
        # The clock stands at the day's beginning: what comes is in time, as it is when a plant sends it.
        self._historian = Historian(self._engine, plant.tags.path, scale=plant.tags.scale, now_us=lambda: day.from_us)
        self._ids = self._historian.ids.ids
        self._tag_column: dict[int, NDArray[np.uint32]] = {}
        self._jitter_us = jitter_us
        self._chance = np.random.default_rng(1)
        self._settled: dict[str, Any] = {}
        self._last: Readings = Readings.empty()

    def version(self) -> str:
        return f"{metadata.version('didymium')} on chdb {metadata.version('chdb')}"

    def prepared(self, stretch: Stretch) -> Readings:
        seconds, tags = stretch.value.shape
        if seconds not in self._tag_column:
            self._tag_column[seconds] = np.tile(self._ids, seconds)
        time_us = np.repeat(stretch.second_s * 1_000_000, tags)
        if self._jitter_us:
            time_us += HALF_A_SECOND_US  # so that none falls before the stretch
            time_us += np.rint(self._chance.normal(0.0, self._jitter_us, len(time_us))).astype(np.int64)
        flags = np.zeros(len(stretch), np.uint8)
        readings = Readings(self._tag_column[seconds], time_us, stretch.value.ravel(), stretch.status.ravel(), flags)
        self._last = readings.take(slice(len(readings) - tags, None))
        return readings

    def put(self, prepared: Readings) -> None:
        first_us = int(prepared.time_us[0])
        if self._jitter_us:
            self._historian.import_history(prepared, f"hour-{first_us}")
        else:
            self._historian.write(prepared, Position(f"edge{threading.get_ident()}", first_us, first_us))

    def complete(self) -> None:
        """Nothing: what is written can be asked for."""

    def settle(self) -> None:
        """Roll up, wait until the engine merges no more by itself, look, and merge each day into one part."""
        self._historian.store_newest(self._last)
        self._settled["roll_s"], _ = _timed(self.tend)
        self._settled["merge_s"], _ = _timed(self._wait_merged)
        self._settled["parts_before_optimize"] = self._parts()
        self._settled["bytes_per_point_before_optimize"] = round(self.size_bytes() / self._rows(), 4)
        self._settled["before_optimize"] = self._quick_look()
        self._settled["optimize_s"], _ = _timed(self._optimize)
        self._settled["parts"] = self._parts()

    def size_bytes(self) -> int:
        return int(self._engine.read(f"SELECT sum(bytes_on_disk) AS n {self._active('parts')}")["n"][0])

    def raw(self, tag: int, from_us: int, to_us: int) -> int:
        return len(self._historian.raw(int(self._ids[tag]), from_us, to_us, ALL_ROWS))

    def buckets(self, tags: list[int], from_us: int, to_us: int) -> int:
        return len(self._historian.bucketed(self._ids[tags].tolist(), from_us, to_us, BUCKETS))

    def newest(self) -> int:
        return len(self._historian.newest())

    def sites(self, from_us: int, to_us: int) -> int:
        return len(self._historian.sites(from_us, to_us).site)

    def tend(self) -> None:
        """Roll up what is due, as the centre does."""
        while self._historian.roll(time.time_ns() // 1000):
            pass

    def more(self) -> dict[str, Any]:
        return {
            **{name: round(value, 2) if isinstance(value, float) else value for name, value in self._settled.items()},
            "part13_1000_tags_24h_1h_s": round(float(np.median([_timed(self._averages)[0] for _ in range(3)])), 3),
            "bytes_per_point_by_column": self._by_column(),
            "bytes_by_table": self._by_table(),
        }

    def close(self) -> None:
        self._historian.close()

    def _active(self, table: str) -> str:
        return f"FROM system.{table} WHERE database = '{self._engine.database}' AND active AND table = 'points'"

    def _rows(self) -> int:
        return int(self._engine.read(f"SELECT sum(rows) AS n {self._active('parts')}")["n"][0])

    def _parts(self) -> int:
        return int(self._engine.read(f"SELECT count() AS n {self._active('parts')}")["n"][0])

    def _wait_merged(self) -> None:
        until = time.monotonic() + SETTLE_LIMIT_S
        quiet = 0
        while quiet < QUIET_S and time.monotonic() < until:
            time.sleep(1.0)
            merging = f"SELECT count() AS n FROM system.merges WHERE database = '{self._engine.database}'"
            quiet = 0 if int(self._engine.read(merging)["n"][0]) else quiet + 1

    def _optimize(self) -> None:
        self._engine.command(f"OPTIMIZE TABLE {self._engine.database}.points FINAL")

    def _averages(self) -> int:
        """TimeAverage of 1,000 tags in 24 intervals of the stretch, from raw points."""
        day = self._day
        tags = self._ids[:: max(1, day.tags // AGGREGATED_TAGS)][:AGGREGATED_TAGS]
        answer = self._historian.aggregate(
            tags.tolist(),
            day.from_us,
            day.to_us,
            (day.to_us - day.from_us) // INTERVALS,
            aggregate_of("TimeAverage"),
            AggregateConfiguration(),
            np.zeros(len(tags), np.bool_),
        )
        return len(answer.value)

    def _by_column(self) -> dict[str, float]:
        rows = self._rows()
        found = self._engine.read(
            f"SELECT column, sum(column_data_compressed_bytes) AS n {self._active('parts_columns')}"
            " GROUP BY column ORDER BY n DESC"
        )
        split = {str(name): int(n) for name, n in zip(found["column"], found["n"], strict=True)}
        split["marks and keys"] = self.size_bytes() - sum(split.values())
        return {name: round(n / rows, 4) for name, n in split.items()}

    def _by_table(self) -> dict[str, int]:
        found = self._engine.read(
            "SELECT table, sum(bytes_on_disk) AS n FROM system.parts"
            f" WHERE database = '{self._engine.database}' AND active GROUP BY table ORDER BY n DESC"
        )
        return {str(name): int(n) for name, n in zip(found["table"], found["n"], strict=True)}

    def _quick_look(self) -> dict[str, float]:
        """Medians of the one-tag questions, ms, on the parts as the engine left them."""
        tags = np.random.default_rng(2).integers(0, self._day.tags, LOOKS).tolist()
        span = (self._day.from_us, self._day.to_us)
        raw_s = [_timed(partial(self.raw, tag, *span))[0] for tag in tags]
        buckets_s = [_timed(partial(self.buckets, [tag], *span))[0] for tag in tags]
        return {
            "one_tag_raw_24h_ms": round(float(np.median(raw_s)) * 1e3, 3),
            "one_tag_1000_buckets_ms": round(float(np.median(buckets_s)) * 1e3, 3),
        }


def _timed(action: Callable[[], T]) -> tuple[float, T]:
    """Seconds that it took, and its answer."""
    began_s = time.perf_counter()
    answer = action()
    return time.perf_counter() - began_s, answer
