"""One store loaded with a day and asked: the same steps for every store."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil

from bench.day import HOUR_S, Day
from bench.peers.peer import Peer

BLOCK_S: Final = 50
"""Of all 18,947 tags 947,350 rows: below the million that the historian takes as one block."""
BLOCKS_AHEAD: Final = 16
SEED: Final = 7
WARM_UP: Final = 5
RUNS: Final = 100
RUNS_OF_MANY: Final = 30
"""Of questions about many tags."""
ASK_LIMIT_S: Final = 30.0
"""A question that is slow is asked no more after this long; then its warm-up runs count too."""
FIFTY: Final = 50
READERS: Final = 2
TEND_EVERY_S: Final = 30.0


class WrongAnswer(RuntimeError):
    """A store answered another number of rows than the day holds."""


@dataclass(frozen=True, slots=True)
class Question:
    """Asked of other tags each time; ``rows`` is what every answer must count, where it can be counted."""

    key: str
    runs: int
    ask: Callable[[list[int]], int]
    tags: int
    rows: int


def measure(peer: Peer, day: Day, load_s: float) -> dict[str, Any]:
    """Load the whole day, settle, ask, ask under load for ``load_s``. Raises ``WrongAnswer``.

    "24h" and "day" mean the stretch that was loaded, whose ``hours`` are among the figures.
    """
    figures: dict[str, Any] = {
        "version": peer.version(),
        "note": peer.note,
        "points": day.points,
        "hours": day.seconds / HOUR_S,
    }
    figures |= load(peer, day)
    began_s = time.perf_counter()
    peer.settle()
    figures["settle_s"] = round(time.perf_counter() - began_s, 2)
    figures["bytes_per_point"] = round(peer.size_bytes() / day.points, 4)
    for question in questions(peer, day):
        figures |= ask(question, day)
    if load_s:
        figures |= under_load(peer, day, load_s)
    figures |= peer.more()
    figures["peak_rss_gb"] = round(_peak_rss_bytes() / 1e9, 2)
    return figures


def load(peer: Peer, day: Day) -> dict[str, Any]:
    """Store the day in order, in blocks of 50 s from ``peer.threads`` threads.

    A few blocks at a time are read and brought into the store's form while the clock stands still.
    """
    wall_s = cpu_s = 0.0
    began_s = time.perf_counter()
    blocks = (peer.prepared(stretch) for stretch in day.stretches(BLOCK_S))
    told = 0
    done = 0
    with ThreadPoolExecutor(peer.threads, "writer") as writers:
        while ahead := list(islice(blocks, BLOCKS_AHEAD)):
            start_s, start_cpu_s = time.perf_counter(), _cpu_s()
            for _ in writers.map(peer.put, ahead):
                pass
            wall_s += time.perf_counter() - start_s
            cpu_s += _cpu_s() - start_cpu_s
            done += len(ahead)
            if (share := 10 * done * BLOCK_S // day.seconds) > told:
                told = share
                print(f"  {peer.title}: {min(100, 10 * share)} % stored after {wall_s:.1f} s", flush=True)
    start_s, start_cpu_s = time.perf_counter(), _cpu_s()
    peer.complete()
    wall_s += time.perf_counter() - start_s
    cpu_s += _cpu_s() - start_cpu_s
    return {
        "ingest_points_per_s": round(day.points / wall_s),
        "ingest_s": round(wall_s, 2),
        "ingest_cpu_s_per_million": round(cpu_s / (day.points / 1e6), 4),
        "ingest_with_reading_s": round(time.perf_counter() - began_s, 2),
    }


def questions(peer: Peer, day: Day) -> Iterator[Question]:
    """The questions of the goals over the whole stretch."""
    span = (day.from_us, day.to_us)
    yield Question("one_tag_raw_24h_ms", RUNS, lambda tags: peer.raw(tags[0], *span), 1, day.seconds)
    yield Question("one_tag_1000_buckets_ms", RUNS, lambda tags: peer.buckets(tags, *span), 1, -1)
    yield Question("fifty_tags_1000_buckets_ms", RUNS_OF_MANY, lambda tags: peer.buckets(tags, *span), FIFTY, -1)
    yield Question("newest_all_ms", RUNS_OF_MANY, lambda _: peer.newest(), 1, day.tags)
    yield Question("sites_day_ms", RUNS_OF_MANY, lambda _: peer.sites(*span), 1, len(np.unique(day.site)))


def ask(question: Question, day: Day) -> dict[str, Any]:
    """Median and 99th percentile over random tags, the same ones for every store, after a warm-up on others."""
    chance = np.random.default_rng(SEED)
    took_s: list[float] = []
    until = time.monotonic() + ASK_LIMIT_S
    for _ in range(WARM_UP + question.runs):
        tags = chance.choice(day.tags, min(question.tags, day.tags), replace=False).tolist()
        if took_s and time.monotonic() > until:
            break
        start_s = time.perf_counter()
        rows = question.ask(tags)
        took_s.append(time.perf_counter() - start_s)
        if -1 not in (rows, question.rows) and rows != question.rows:
            raise WrongAnswer(f"{question.key}: {rows} rows, the stretch holds {question.rows}")
    counted = took_s[WARM_UP:] or took_s[-3:]
    name = question.key.removesuffix("_ms")
    return {
        question.key: round(float(np.median(counted)) * 1e3, 3),
        f"{name}_p99_ms": round(float(np.percentile(counted, 99)) * 1e3, 3),
        f"{name}_runs": len(counted),
    }


def under_load(peer: Peer, day: Day, load_s: float) -> dict[str, Any]:
    """One-tag questions from two readers while a writer stores one second of all tags each second.

    Every reader asks without pause for: a twenty-fourth of the stretch raw, the whole stretch raw, the whole stretch
    in 1,000 buckets, each time of another tag; ranges end at the newest second that was stored.
    """
    ended = threading.Event()
    stored = [0]
    store_s: list[float] = []
    took_s: list[list[float]] = [[] for _ in range(READERS)]

    def write() -> None:
        began = time.monotonic()
        while not ended.is_set():
            prepared = peer.prepared(day.following(stored[0]))
            if ended.wait(max(0.0, began + stored[0] - time.monotonic())):
                return
            start_s = time.perf_counter()
            peer.put(prepared)
            store_s.append(time.perf_counter() - start_s)
            stored[0] += 1

    def read(reader: int) -> None:
        chance = np.random.default_rng([SEED, reader])
        turn = reader
        while not ended.is_set():
            tag = int(chance.integers(day.tags))
            to_us = day.to_us + stored[0] * 1_000_000
            from_us = to_us - day.seconds * 1_000_000
            start_s = time.perf_counter()
            if turn % 3 == 0:
                peer.raw(tag, to_us - day.seconds * 1_000_000 // 24, to_us)
            elif turn % 3 == 1:
                peer.raw(tag, from_us, to_us)
            else:
                peer.buckets([tag], from_us, to_us)
            took_s[reader].append(time.perf_counter() - start_s)
            turn += 1

    def tend() -> None:
        while not ended.wait(TEND_EVERY_S):
            peer.tend()

    with ThreadPoolExecutor(READERS + 2, "load") as pool:
        running = [pool.submit(write), pool.submit(tend), *(pool.submit(read, reader) for reader in range(READERS))]
        until = time.monotonic() + load_s
        while time.monotonic() < until and not any(task.done() for task in running):
            time.sleep(0.05)
        ended.set()
        for task in running:
            task.result()
    asked_s = np.concatenate([np.array(each) for each in took_s])
    return {
        "one_tag_p99_under_load_ms": round(float(np.percentile(asked_s, 99)) * 1e3, 3),
        "one_tag_median_under_load_ms": round(float(np.median(asked_s)) * 1e3, 3),
        "under_load_questions": len(asked_s),
        "under_load_seconds_stored": stored[0],
        "under_load_put_p99_ms": round(float(np.percentile(store_s, 99)) * 1e3, 3) if store_s else None,
    }


def _processes() -> list[psutil.Process]:
    ourselves = psutil.Process()
    return [ourselves, *ourselves.children(recursive=True)]


def _cpu_s() -> float:
    """CPU seconds of this process and of the servers that it started, those of ended children with them."""
    total = 0.0
    for process in _processes():
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return total


def _peak_rss_bytes() -> int:
    """The sum of each process's own peak: at most so much was taken at once."""
    total = 0
    for process in _processes():
        try:
            lines = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    return total
