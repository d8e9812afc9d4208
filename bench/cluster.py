"""``python -m bench cluster``: kill -9 the servers of a two-shard ClickHouse while points are written through to it.

Two real servers on loopback, one shard each. One batch holds one reading of every tag of the complex. Every few batches
one server is killed and started again, and every tenth batch is handed in twice, as after a crash of the centre. In
the end every reading must be stored exactly once, bit for bit.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench.faults import compare
from bench.machine import report
from didymium.historian.store import Historian
from didymium.historian.writer import Position
from didymium.model.folder import read_complex
from didymium.model.readings import Readings
from didymium.service.instance import SHIPPED_COMPLEX
from tests.clickhouse_node import Cluster, Node, install

T0_US: Final = 1_760_000_000_000_000
SECOND_US: Final = 1_000_000
AGAIN_EVERY: Final = 10
CATCH_UP_LIMIT_S: Final = 600.0
COMPARED_TAGS: Final = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """``lost`` and ``twice`` are points; ``different`` are compared points whose value or status changed."""

    kills: int
    written: int
    stored: int
    lost: int
    twice: int
    different: int
    compared: int
    waited_blocks_at_most: int
    write_s: float
    slowest_write_s: float
    caught_up_s: float


def batch(tags: int, seq: int) -> Readings:
    """Batch ``seq``, the same each time: a reading of every tag in second ``seq``."""
    tag = np.arange(1, tags + 1, dtype=np.uint32)
    time_us = T0_US + seq * SECOND_US + (tag.astype(np.int64) * 37) % SECOND_US
    value = np.round(np.sin(tag * 0.01 + seq * 0.1) * 100, 2)
    return Readings.of(tag, time_us, value)


class Killer(threading.Thread):
    """Kills the servers in turn at random moments; the next one only when the last is back."""

    def __init__(self, nodes: Sequence[Node], kills: int, seconds: float, seed: int) -> None:
        super().__init__(name="killer")
        self._nodes = nodes
        self._kills = kills
        self._pause_s = seconds / kills / 2
        self._chance = random.Random(seed)
        self.killed = 0

    def run(self) -> None:
        for kill in range(self._kills):
            node = self._nodes[kill % len(self._nodes)]
            time.sleep(self._chance.uniform(0.2, 1.0) * self._pause_s)
            node.kill()
            self.killed += 1
            print(f"killed shard {kill % len(self._nodes) + 1}", flush=True)
            time.sleep(self._chance.uniform(0.2, 1.0) * self._pause_s)
            node.start()


def measure(folder: Path, kills: int, seconds: float, seed: int) -> Outcome:
    """Write until the killer is done, wait until all is caught up, count."""
    plant = read_complex(SHIPPED_COMPLEX)
    with Cluster(folder / "servers") as cluster:
        url = f"clickhouse://{cluster.addresses}/didymium?spool={folder / 'spool'}"
        historian = Historian.open(url, complex=plant)
        try:
            killer = Killer(cluster.nodes, kills, seconds, seed)
            killer.start()
            seq, most, took_s = 0, 0, []
            while killer.is_alive():
                seq += 1
                readings, position = batch(len(plant.tags.path), seq), Position("site1", seq, seq)
                for _ in range(2 if seq % AGAIN_EVERY == 0 else 1):
                    begun = time.perf_counter()
                    historian.write(readings, position)
                    took_s.append(time.perf_counter() - begun)
                most = max(most, len(list((folder / "spool").glob("*/*.block"))))
                time.sleep(0.05)
            killer.join()
            begun = time.perf_counter()
            while historian.trouble():
                if time.perf_counter() - begun > CATCH_UP_LIMIT_S:
                    raise TimeoutError("; ".join(historian.trouble()))
                time.sleep(0.05)
            caught_up_s = time.perf_counter() - begun
            counted = historian.query("SELECT count() AS n, uniqExact(tag, ts) AS distinct FROM points").to_pylist()[0]
            compared, different = read_back(historian, len(plant.tags.path), seq)
        finally:
            historian.close()
    written = seq * len(plant.tags.path)
    return Outcome(
        kills=killer.killed,
        written=written,
        stored=int(counted["n"]),
        lost=written - int(counted["distinct"]),
        twice=int(counted["n"]) - int(counted["distinct"]),
        different=different,
        compared=compared,
        waited_blocks_at_most=most,
        write_s=sum(took_s),
        slowest_write_s=max(took_s),
        caught_up_s=caught_up_s,
    )


def read_back(historian: Historian, tags: int, last: int) -> tuple[int, int]:
    """Read some tags back: the readings that were compared, and those that are not there bit for bit."""
    chosen = np.unique(np.linspace(1, tags, COMPARED_TAGS).astype(np.int64))
    found = historian.span(chosen.tolist(), 0, 2**62)
    given = Readings.concat([batch(tags, seq).take(chosen - 1) for seq in range(1, last + 1)])
    missing, _ = compare(given, found)
    return len(given), missing


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and return 1 if a point is lost, twice or changed."""
    parser = argparse.ArgumentParser(prog="python -m bench cluster", description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args(arguments)
    install()
    with tempfile.TemporaryDirectory(prefix="didymium-cluster-") as folder:
        outcome = measure(Path(folder), chosen.kills, chosen.seconds, chosen.seed)
    report({name: _short(figure) for name, figure in asdict(outcome).items()}, chosen.json)
    return 1 if outcome.lost or outcome.twice or outcome.different else 0


def _short(figure: float) -> float:
    return round(figure, 3) if isinstance(figure, float) else figure
