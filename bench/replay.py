"""``python -m bench replay``: an hour of the twin in order, and the same hour late, twice, corrected and shuffled.

Two stores take the same readings. One gets them in order and its corrections at the end. The other gets 5 % of them
late, from seconds to the whole hour, 1 % twice, whole batches delayed and the rows of each batch shuffled, with the
corrections in between, while the rollup runs along. In the end both must answer the same, to the last bit.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from bench.machine import report
from didymium.historian import Historian, Position
from didymium.historian.store import open_engine
from didymium.historian.windows import HOUR_US
from didymium.model.folder import read_complex
from didymium.model.readings import Readings
from didymium.model.status import BAD_NO_DATA, UNCERTAIN
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.twin.history import generate
from didymium.twin.plant import TwinPlant

START_US: Final = 1_790_000_000_000_000 // HOUR_US * HOUR_US
BATCH_S: Final = 10
LATE: Final = 0.05
TWICE: Final = 0.01
HELD: Final = 0.1
"""Share of the batches that come whole, but later."""
ALTERED: Final = 0.0005
"""Share of the readings of which the device also says something else for the same moment."""
CORRECTED: Final = 0.001
REST_AT_ONCE: Final = 60
"""So many batches' worth of what is still missing in the end comes in one."""
TAGS_AT_ONCE: Final = 500
AGAIN_US: Final = 500_000
"""An inserted correction lies so long after the reading that chance chose."""

Batches = Callable[[], Iterator[Readings]]


def chances(readings: Readings, salt: int) -> NDArray[np.float64]:
    """(n,) a number in [0, 1) that depends on tag, time and salt alone (splitmix64)."""
    mixed = readings.tag.astype(np.uint64) << np.uint64(40) ^ readings.time_us.astype(np.uint64)
    mixed = mixed + np.uint64(salt * 0x9E37_79B9_7F4A_7C15 % 2**64)
    for shift, factor in ((30, 0xBF58_476D_1CE4_E5B9), (27, 0x94D0_49BB_1331_11EB)):
        mixed = (mixed ^ mixed >> np.uint64(shift)) * np.uint64(factor)
    return (mixed ^ mixed >> np.uint64(31)) / 2.0**64


def twins_hour(plant_folder: Path, seconds: int, tags: int | None) -> tuple[list[str], Batches]:
    """The first ``tags`` paths of a complex, and its twin's readings in batches of ``BATCH_S``."""
    plant = read_complex(plant_folder)
    paths = list(plant.tags.path[:tags])

    def batches() -> Iterator[Readings]:
        for block in generate(TwinPlant(plant, 1, START_US), seconds):
            for at in range(0, len(block), BATCH_S):
                rows = slice(at, at + BATCH_S)
                yield stamped(block.values[rows, :tags], block.status[rows, :tags], block.start_s + at)

    return paths, batches


def stamped(value: NDArray[np.float64], status: NDArray[np.uint32], second: int) -> Readings:
    """Readings of (seconds, tags) values, each tag with its own milliseconds, some of them said twice over."""
    seconds, tags = value.shape
    tag = np.tile(np.arange(1, tags + 1, dtype=np.uint32), seconds)
    phase_us = tag.astype(np.int64) * 7_919 % 900 * 1_000
    time_us = np.repeat((second + np.arange(seconds, dtype=np.int64)) * 1_000_000, tags) + phase_us
    once = Readings.of(tag, time_us, value.ravel().copy(), status.ravel().copy())
    other = once.take(chances(once, 1) < ALTERED)
    chance = chances(other, 2)
    said = Readings.of(
        other.tag,
        other.time_us,
        np.where(chance < 0.5, other.value + 1.0, other.value),
        np.where(chance < 0.25, other.status, np.uint32(BAD_NO_DATA)),
    )
    return Readings.concat([once, said])


def shuffled(batches: Iterable[Readings], seed: int) -> Iterator[Readings]:
    """The same readings and some twice: late, held back, and in no order."""
    rng = np.random.default_rng(seed)
    pending: defaultdict[int, list[Readings]] = defaultdict(list)

    def delay(rows: Readings, at: int) -> None:
        """Half of them come within two minutes, the others whenever."""
        wait = 1 + np.where(
            rng.random(len(rows)) < 0.5, rng.integers(0, 12, len(rows)), rng.integers(0, 360, len(rows))
        )
        for each in np.unique(wait):
            pending[at + int(each)].append(rows.take(wait == each))

    for at, batch in enumerate(batches):
        chance = chances(batch, 3)
        late = chance < LATE
        delay(batch.take(late), at)
        delay(batch.take((chance >= LATE) & (chance < LATE + TWICE)), at)
        held = rng.random() < HELD
        pending[at + int(rng.integers(1, 4)) if held else at].append(batch.take(~late))
        yield _mixed(pending.pop(at, []), rng)
    rest = sorted(pending)
    for first in range(0, len(rest), REST_AT_ONCE):
        yield _mixed([rows for due in rest[first : first + REST_AT_ONCE] for rows in pending[due]], rng)


def _mixed(parts: list[Readings], rng: np.random.Generator) -> Readings:
    rows = Readings.concat(parts)
    return rows.take(rng.permutation(len(rows)))


@dataclass
class Corrections:
    """What is to be corrected of the readings that came, each moment once, and how, by chance alone."""

    waiting: list[Readings] = field(default_factory=list)
    done: set[tuple[int, int]] = field(default_factory=set)

    def came(self, readings: Readings) -> None:
        """Note those that are to be corrected."""
        self.waiting.append(readings.take(chances(readings, 4) < CORRECTED))

    def make(self, store: Historian) -> None:
        """Correct what has come since the last time."""
        rows, self.waiting = Readings.concat(self.waiting), []
        fresh = []
        for row, key in enumerate(zip(rows.tag.tolist(), rows.time_us.tolist(), strict=True)):
            if key not in self.done:
                self.done.add(key)
                fresh.append(row)
        rows = rows.take(np.array(fresh, np.intp))
        chance, value = chances(rows, 5), np.round(chances(rows, 6) * 100, 2)
        status = np.where(chances(rows, 7) < 0.5, np.uint32(0), np.uint32(UNCERTAIN))
        for kind, low, high, after_us in (
            ("replace", 0.0, 0.6, 0),
            ("delete", 0.6, 0.8, 0),
            ("insert", 0.8, 1.0, AGAIN_US),
        ):
            mine = (chance >= low) & (chance < high)
            if mine.any():
                told = Readings.of(rows.tag[mine], rows.time_us[mine] + after_us, value[mine], status[mine])
                store.correct(told, kind, "bench", "chance")


@dataclass(frozen=True)
class Taken:
    """What a store took, how long that was in seconds, and what it answers."""

    rows: int
    corrected: int
    wall_s: float
    digests: dict[str, str]


def taken(url: str, paths: Sequence[str], batches: Iterable[Readings], seconds: int, *, in_order: bool) -> Taken:
    """Write the batches as they come, roll and correct every minute (in order: correct at the end), and ask."""
    now_us = START_US
    with patch("didymium.historian.store._now_us", lambda: now_us):
        store = Historian(open_engine(url), list(paths))
        try:
            began = time.monotonic()
            rows = 0
            corrections = Corrections()
            for at, batch in enumerate(batches):
                now_us = START_US + ((at + 1) * BATCH_S + 2) * 1_000_000
                rows += store.write(batch, Position("edge", at, at)) if len(batch) else 0
                corrections.came(batch)
                if at % (60 // BATCH_S) == 0:
                    if not in_order:
                        corrections.make(store)
                    store.roll(now_us)
            now_us = max(now_us, START_US + seconds * 1_000_000) + 2 * HOUR_US  # so that every hour is closed
            corrections.make(store)
            while store.roll(now_us):
                pass
            wall_s = time.monotonic() - began
            return Taken(rows, len(corrections.done), wall_s, answers(store, len(paths), seconds))
        finally:
            store.close()


def answers(store: Historian, tags: int, seconds: int) -> dict[str, str]:
    """A digest of what the store answers: rollups, raw, and buckets from either."""
    digests = {name: hashlib.sha256() for name in ("points_1m", "points_1h", "raw", "buckets", "long_buckets")}
    to_us = START_US + (seconds + 60) * 1_000_000
    for first in range(1, tags + 1, TAGS_AT_ONCE):
        asked = list(range(first, min(first + TAGS_AT_ONCE, tags + 1)))
        for table, start in (("points_1m", "minute"), ("points_1h", "hour")):
            rows = store.query(
                f"SELECT * EXCEPT version FROM {table} FINAL WHERE n > 0 AND tag BETWEEN {asked[0]} AND {asked[-1]}"
                f" ORDER BY tag, {start}"
            )
            for column in rows.columns:
                digests[table].update(column.combine_chunks().to_numpy(zero_copy_only=False).tobytes())
        raw = store.span(asked, START_US, to_us)
        for each in (raw.tag, raw.time_us, raw.value, raw.status, raw.flags):
            digests["raw"].update(each.tobytes())
        for name, buckets in (("buckets", max(1, seconds // 15)), ("long_buckets", max(1, seconds // 300))):
            found = store.bucketed(asked, START_US, to_us, buckets)
            for each in (found.tag, found.start_us, found.min, found.max, found.mean, found.last, found.last_status):
                digests[name].update(each.tobytes())
            digests[name].update(found.count.tobytes() + found.good.tobytes())
    return {name: digest.hexdigest() for name, digest in digests.items()}


def main(arguments: Sequence[str]) -> int:
    """Compare the two stores; 0 when they answer the same."""
    parser = argparse.ArgumentParser(prog="python -m bench replay", description=__doc__)
    parser.add_argument("--minutes", type=int, default=60, help="how much of the twin's history")
    parser.add_argument("--tags", type=int, help="only the first so many tags")
    parser.add_argument("--folder", type=Path, help="where the stores are made; a temporary folder if left out")
    parser.add_argument("--json", type=Path, help="write the figures here")
    chosen = parser.parse_args(arguments)
    paths, batches = twins_hour(SHIPPED_COMPLEX, chosen.minutes * 60, chosen.tags)
    with tempfile.TemporaryDirectory(prefix="didymium-replay-", dir=chosen.folder) as folder:
        seconds = chosen.minutes * 60
        ordered = taken(f"chdb://{folder}/ordered", paths, batches(), seconds, in_order=True)
        other = taken(f"chdb://{folder}/shuffled", paths, shuffled(batches(), 1), seconds, in_order=False)
    differ = [name for name, digest in ordered.digests.items() if other.digests[name] != digest]
    figures = {
        "tags": len(paths),
        "ordered_rows": ordered.rows,
        "shuffled_rows": other.rows,
        "corrected": ordered.corrected,
        "ordered_s": round(ordered.wall_s, 1),
        "shuffled_s": round(other.wall_s, 1),
        "equal": not differ and ordered.corrected == other.corrected,
        "differ": differ,
        "digests": ordered.digests,
    }
    report(figures, chosen.json)
    return 0 if figures["equal"] else 1
