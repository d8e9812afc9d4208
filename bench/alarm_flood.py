"""A flood of alarms in a running installation, with a kill in its midst: is every transition kept, and do pages come?

All tags of the complex swing from end to end of their ranges over real sockets, so that nearly every limit alarm comes
and goes. Half way through the centre is killed with SIGKILL; its supervisor starts it again. Screens ask for their
pages all the time. Beside the centre an auditor reads the same stream; in the end an engine in this process takes what
it read, and every transition of that engine must be in the journal exactly once.

Left out of the comparison are the alarms of silence, which follow our clock, and those with a cause at another site,
which go by which site's second was there first.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench.child import Child
from bench.faults import Auditor, free_offset
from bench.pipeline import fast_complex
from didymium.alarms.building import read_definitions
from didymium.alarms.definitions import Definitions, Kind
from didymium.alarms.engine import Engine
from didymium.alarms.frames import SECOND_US, Framing
from didymium.alarms.life import Event
from didymium.alarms.transitions import joined
from didymium.historian.store import Historian
from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.model.readings import Readings
from didymium.records.journal import Page, Question
from didymium.records.store import Records
from didymium.service.instance import read_instance
from didymium.service.supervisor import read_states
from didymium.spine.config import HUB_DOMAIN

EDGE: Final = "edge1"
SWING_S: Final = 15
MINUTE_US: Final = 60 * SECOND_US
KILL_S: Final = 30.0
SETTLE_S: Final = 20.0
LIMIT_S: Final = 240.0
SCREENS: Final = 3
SCREEN_S: Final = 1.0
ASKED: Final = ("/api/alarms?limit=200", "/api/journal?limit=200")
KEY: Final = np.dtype([("alarm", np.int32), ("number", np.int32), ("event", np.int8), ("time_us", np.int64)])
"""What makes a transition this one."""


@dataclass(repr=False)
class Screens:
    """People's screens: each asks for its pages once a second, and notes how long they take."""

    port: int
    took_s: dict[str, list[float]] = field(default_factory=lambda: {address: [] for address in ASKED})
    answered_s: float = 0.0
    """When the newest answer came, by the monotonic clock."""
    most_listed: int = 0
    failed: int = 0
    counting: bool = False

    async def run(self) -> None:
        """Ask until cancelled."""
        await asyncio.gather(*(self._look(place / SCREENS) for place in range(SCREENS)))

    async def _look(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        while True:
            began_s = time.monotonic()
            for address in ASKED:
                await self._ask(address)
            await asyncio.sleep(max(0.0, began_s + SCREEN_S - time.monotonic()))

    async def _ask(self, address: str) -> None:
        began_s = time.monotonic()
        try:
            answer = await page(self.port, address)
        except OSError:
            self.failed += self.counting
            return
        self.answered_s = time.monotonic()
        if self.counting:
            self.took_s[address].append(self.answered_s - began_s)
            self.most_listed = max(self.most_listed, answer.get("total", 0))


async def page(port: int, address: str) -> dict[str, Any]:
    """The answer to a GET, packed as browsers ask for it. Raises ``OSError`` where none comes, or a refusal."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(
            f"GET {address} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n".encode()
        )
        whole = await reader.read(-1)
    finally:
        writer.close()
    head, _, body = whole.partition(b"\r\n\r\n")
    if b" 200 " not in head[:16]:
        raise ConnectionError(f"{address}: {head[:80]!r}")
    packed = b"content-encoding: gzip" in head.lower()
    answer: dict[str, Any] = json.loads(gzip.decompress(body) if packed else body)
    return answer


async def flood(folder: Path) -> dict[str, Any]:
    """Bring an installation up in ``folder``, flood it, kill its centre, and return the figures."""
    offset = free_offset()
    complex_folder = fast_complex(folder / "complex")
    plant = read_complex(complex_folder)
    definitions = read_definitions(complex_folder, plant)
    data = folder / "data"
    where = ["--data", str(data), "--complex", str(complex_folder), "--port-offset", str(offset)]
    url = read_instance(data, complex_folder=complex_folder, port_offset=offset).records
    installation = Child(["up", "--no-twin", *where], folder / "up.log")
    await installation.start()
    load = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load", *where, "--rate-hz", "1", "--swing-s", str(SWING_S),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "DIDYMIUM_PARENT": str(os.getpid())},
    )  # fmt: skip
    screens = Screens(8600 + offset)
    auditor = Auditor(f"nats://127.0.0.1:{8610 + offset}", EDGE, HUB_DOMAIN)
    tasks: list[asyncio.Task[None]] = []
    records = None
    try:
        tasks += [asyncio.create_task(each) for each in (auditor.reader.run(), auditor.run(), screens.run())]
        records = await _swinging(url, plant)
        first_us = min(records.steps.positions().values()) + SECOND_US
        screens.counting = True
        began_s = time.monotonic()
        await asyncio.sleep(KILL_S)
        away_s = await _kill(data, screens)
        await asyncio.sleep(max(0.0, began_s + MINUTE_US / 1e6 - time.monotonic()))
        end_us = max(time.time_ns() // 1_000, first_us + MINUTE_US)
        behind_s = await _done_up_to(records, end_us)
        screens.counting = False
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if load.stdin is not None:
            load.stdin.close()
        await load.wait()
        await installation.stop()
        if records is not None:
            records.close()
    journal, at_us = _journal(url, definitions)
    made = _made(data / "historian", plant, definitions, Readings.concat(auditor.parts))
    return {
        **compared(made, journal, definitions, (first_us, end_us)),
        **_pages(screens),
        "flood_told_p50_s": round(float(np.median(at_us - journal["time_us"])) / 1e6, 2),
        "flood_away_s": round(away_s, 1),
        "flood_behind_s": round(behind_s, 1),
    }


async def _swinging(url: str, plant: Complex) -> Records:
    """The records, open beside the centre, when every site has been judged for a while."""
    deadline = time.monotonic() + LIMIT_S
    records = Records.open(url)
    began_us = 0
    while time.monotonic() < deadline:
        await asyncio.sleep(1.0)
        positions = records.steps.positions()
        if len(positions) == len(plant.sites):
            began_us = began_us or max(positions.values())
            if min(positions.values()) > began_us + SETTLE_S * SECOND_US:
                return records
    raise RuntimeError(f"not all sites are judged within {LIMIT_S:g} s: {positions}")


async def _kill(data: Path, screens: Screens) -> float:
    """Kill the centre; how long no page came."""
    pid = read_states(data / "processes.json")["centre"].pid
    assert pid is not None
    killed_s = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    await asyncio.sleep(0.5)
    while screens.answered_s < killed_s + 0.5:
        if time.monotonic() > killed_s + LIMIT_S:
            raise RuntimeError(f"no page within {LIMIT_S:g} s after the kill")
        await asyncio.sleep(0.05)
    return screens.answered_s - killed_s


async def _done_up_to(records: Records, end_us: int) -> float:
    """Wait until every site is judged and stored up to a time; how long after it that was, s."""
    deadline = time.monotonic() + LIMIT_S
    while min(records.steps.positions().values()) < end_us:
        if time.monotonic() > deadline:
            raise RuntimeError(f"not judged up to the end within {LIMIT_S:g} s: {records.steps.positions()}")
        await asyncio.sleep(0.2)
    return time.time() - end_us / 1e6


def _journal(url: str, definitions: Definitions) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The journal's rows as ``KEY``, and when each was known, µs."""
    records = Records.open(url)
    parts, known_us, after = [np.empty(0, KEY)], [np.empty(0, np.int64)], 0
    number_of = {event.name: event.value for event in Event}
    while len((page := records.journal.after(Question(), seq=after, limit=50_000)).seq):
        parts.append(_keys(page, definitions, number_of))
        known_us.append(page.rows.at_us)
        after = int(page.seq[-1])
    records.close()
    return np.concatenate(parts), np.concatenate(known_us)


def _keys(page: Page, definitions: Definitions, number_of: dict[str, int]) -> NDArray[Any]:
    keys = np.empty(len(page.seq), KEY)
    keys["alarm"] = [definitions.row_of[alarm] for alarm in page.rows.alarm]
    keys["number"], keys["time_us"] = page.rows.transition, page.rows.time_us
    keys["event"] = [number_of[event] for event in page.rows.event]
    return keys


def _made(store: Path, plant: Complex, definitions: Definitions, readings: Readings) -> NDArray[Any]:
    """What an engine makes of the readings, as ``KEY``."""
    historian = Historian.open(f"chdb:///{str(store).lstrip('/')}", complex=plant)
    framing = Framing(plant, historian.ids.row_of_id)
    historian.close()
    engine = Engine(definitions, tuple(site.id for site in plant.sites), 0)
    frames = sorted(framing.take(readings), key=lambda frame: (frame.second, frame.site))
    columns = joined([engine.take(frame) for frame in frames])
    keys = np.empty(len(columns["alarm"]), KEY)
    for name in KEY.names or ():
        keys[name] = columns[name]
    return keys


def compared(
    made: NDArray[Any], journal: NDArray[Any], definitions: Definitions, minute: tuple[int, int]
) -> dict[str, Any]:
    """Rows of the journal and how many are missing or too many, up to the end of ``minute``, its times in µs."""
    first_us, end_us = minute
    left_out = left_out_of(definitions)
    held = np.concatenate([made, journal])
    side = np.repeat([False, True], [len(made), len(journal)])
    chosen = (held["time_us"] < end_us) & ~left_out[held["alarm"]]
    held, side = held[chosen], side[chosen]
    _, index = np.unique(held.view(np.dtype((np.void, KEY.itemsize))), return_inverse=True)
    surplus = np.bincount(index[side], minlength=index.max(initial=0) + 1) - np.bincount(
        index[~side], minlength=index.max(initial=0) + 1
    )
    rows = int(((journal["time_us"] >= first_us) & (journal["time_us"] < end_us)).sum())
    return {
        "flood_rows": rows,
        "flood_rows_a_minute": round(rows / (end_us - first_us) * MINUTE_US),
        "flood_compared": int(side.sum()),
        "flood_lost": int(-surplus[surplus < 0].sum()),
        "flood_twice": int(surplus[surplus > 0].sum()),
        "flood_alarms_left_out": int(left_out.sum()),
    }


def left_out_of(definitions: Definitions) -> NDArray[np.bool_]:
    """(n,) alarms of silence, and those with a cause at another site."""
    child = np.repeat(np.arange(len(definitions)), np.diff(definitions.cause_first))
    elsewhere = definitions.site[definitions.causes] != definitions.site[child]
    left_out = definitions.kind >= Kind.STALE
    left_out[child[elsewhere]] = True
    return left_out


def _pages(screens: Screens) -> dict[str, Any]:
    took_s = [each for address in ASKED for each in screens.took_s[address]]
    figures: dict[str, Any] = {"flood_listed": screens.most_listed, "flood_pages": len(took_s)}
    for percent in (50, 95, 99):
        figures[f"flood_page_p{percent}_ms"] = _percentile_ms(took_s, percent)
    for address, name in zip(ASKED, ("alarms", "journal"), strict=True):
        figures[f"flood_{name}_p95_ms"] = _percentile_ms(screens.took_s[address], 95)
    return figures


def _percentile_ms(took_s: Sequence[float], percent: float) -> float:
    return round(float(np.percentile(took_s, percent)) * 1000.0, 1) if took_s else float("nan")
