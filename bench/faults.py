"""``python -m bench faults``: kill -9 at random, cut the link, and count what the historian has in the end.

The layout of a remote site: twin, edge and a leaf node on one side of a link that can be cut, hub and centre on the
other. What the edge acknowledged is what its stream took: an auditor at the leaf reads the whole stream along the way.
In the end every reading of the stream must be in the historian exactly once. A reading that dies with the edge before
the stream has it was never acknowledged and is not counted. What the edge says was acknowledged to it, once a second
and so up to its last word before a kill, must be no more than the stream has.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import random
import signal
import socket
import tempfile
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import nats
import numpy as np
from numpy.typing import NDArray

from bench.child import Child
from bench.link import Link, free_port
from bench.machine import report
from didymium.historian.store import Historian
from didymium.model.device import EdgeState
from didymium.model.folder import read_complex
from didymium.model.readings import Readings
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.spine import subjects
from didymium.spine.config import HUB_DOMAIN, SpineConfig
from didymium.spine.reader import Reader
from didymium.spine.server import NatsServer

EDGE: Final = "site1"
DOMAIN: Final = "site1"
WARM_LIMIT_S: Final = 120.0
DRAIN_LIMIT_S: Final = 180.0
PORTS: Final = range(8600, 8700)
"""Ports of an installation, before its offset."""


class Victim(Protocol):
    """A process that can be killed and started again."""

    @property
    def pid(self) -> int | None: ...
    async def start(self) -> None: ...
    async def wait(self) -> int: ...
    async def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """How many kills over how many seconds, and for how long the link is cut in their midst."""

    kills: int
    seconds: float
    link_s: float
    seed: int


class Auditor:
    """Reads the edge's stream beside the centre and keeps every reading that it took."""

    def __init__(self, url: str, edge: str = EDGE, domain: str = DOMAIN) -> None:
        self.reader = Reader(url, edge, domain, 0)
        self.parts: list[Readings] = []
        self.points = 0
        self.claimed: dict[int, int] = {}
        """Points that each run of the edge, by its start, said were acknowledged to it."""
        self.faults: list[str] = []

    async def run(self) -> None:
        """Follow the stream until cancelled."""
        while True:
            for delivery in await self.reader.pull(256, 1.0):
                content = delivery.content
                if isinstance(content, Readings):
                    self.parts.append(content)
                    self.points += len(content)
                elif isinstance(content, EdgeState):
                    self.claimed[content.started_us] = content.published_points
                else:
                    self.faults.append(f"sequence {delivery.seq}: {content}")


class Site:
    """Both sides of the link, and the link."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.offset = free_offset()
        self.hub_config = SpineConfig(
            name="hub",
            domain=HUB_DOMAIN,
            store_folder=folder / "centre" / "spine",
            log_path=folder / "centre" / "logs" / "nats.log",
            client_port=8610 + self.offset,
            monitor_port=8611 + self.offset,
            leaf_port=8613 + self.offset,
        )
        self.link = Link(8613 + self.offset)
        self.leaf_config = SpineConfig(
            name="leaf",
            domain=DOMAIN,
            store_folder=folder / "site" / "spine",
            log_path=folder / "site" / "logs" / "nats.log",
            client_port=free_port(),
            monitor_port=free_port(),
            mqtt_port=8612 + self.offset,
            hub_url=f"nats-leaf://127.0.0.1:{self.link.port}",
        )
        _write_instance(folder / "centre", {"edge": EDGE}, {EDGE: DOMAIN})
        _write_instance(folder / "site", {"edge": EDGE, "spine": self.leaf_config.url}, {EDGE: DOMAIN})
        self.hub = NatsServer(self.hub_config)
        self.leaf = NatsServer(self.leaf_config)
        self.centre = self._child("centre", "centre")
        self.edge = self._child("edge", "site")
        self.twin = self._child("twin", "site")
        self.victims: dict[str, Victim] = {
            "edge": self.edge,
            "spine at the site": self.leaf,
            "spine at the centre": self.hub,
            "centre": self.centre,
        }

    async def start(self) -> None:
        """Start everything, spines first."""
        for server in (self.hub, self.leaf):
            await server.start()
            await server.wait_ready()
        await self.link.join()
        for child in (self.centre, self.twin, self.edge):
            await child.start()

    async def stop(self) -> None:
        """Stop whatever runs."""
        for victim in (self.edge, self.twin, self.centre, self.leaf, self.hub):
            await victim.stop()
        await self.link.cut()

    def data_health(self) -> dict[str, dict[str, float]]:
        """The centre's own account, empty while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{8600 + self.offset}/api/data-health", timeout=2) as answer:
                found: dict[str, dict[str, float]] = json.load(answer)
                return found
        except (urllib.error.URLError, OSError):
            return {}

    def _child(self, command: str, side: str) -> Child:
        where = ["--data", str(self.folder / side), "--port-offset", str(self.offset)]
        return Child([command, *where], self.folder / side / "logs" / f"{command}.log")


def free_offset() -> int:
    """The first offset at which every port of an installation is free."""
    for offset in range(9_800, 40_000, 100):
        if all(_is_free(port + offset) for port in PORTS):
            return offset
    raise RuntimeError("no hundred ports in a row are free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _write_instance(folder: Path, keys: dict[str, str], edges: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    lines += ["[edges]", *(f"{edge} = {json.dumps(domain)}" for edge, domain in edges.items())]
    (folder / "instance.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


async def harm(site: Site, plan: Plan) -> Counter[str]:
    """Kill at random moments, each victim about as often as the others; cut the link once. Return the kills."""
    chance = random.Random(plan.seed)
    names = sorted(site.victims)
    chosen = [names[i % len(names)] for i in range(plan.kills)]
    chance.shuffle(chosen)
    moments = sorted(chance.uniform(0.0, plan.seconds) for _ in chosen)
    begun = asyncio.get_running_loop().time()
    cutting = asyncio.create_task(_cut(site.link, after_s=plan.seconds / 3, for_s=plan.link_s))
    killed: Counter[str] = Counter()
    for moment, name in zip(moments, chosen, strict=True):
        await asyncio.sleep(max(0.0, begun + moment - asyncio.get_running_loop().time()))
        victim = site.victims[name]
        if victim.pid is not None:
            os.kill(victim.pid, signal.SIGKILL)
            await victim.wait()
            killed[name] += 1
            print(f"{moment:6.1f} s  killed {name}", flush=True)
        await asyncio.sleep(chance.uniform(0.0, 1.0))
        await victim.start()
    await cutting
    return killed


async def _cut(link: Link, *, after_s: float, for_s: float) -> None:
    await asyncio.sleep(after_s)
    print(f"        the link is cut for {for_s:g} s", flush=True)
    await link.cut()
    await asyncio.sleep(for_s)
    await link.join()
    print("        the link is joined", flush=True)


async def run(plan: Plan, folder: Path) -> tuple[Counter[str], Auditor]:
    """Bring the site up, harm it, let it settle, and stop it."""
    site = Site(folder)
    try:
        await site.start()
        auditor = Auditor(site.leaf_config.url)
        tasks = [asyncio.create_task(auditor.reader.run()), asyncio.create_task(auditor.run())]
        await _until(lambda: auditor.points > 0 and bool(site.data_health()), WARM_LIMIT_S, "readings flow")
        killed = await harm(site, plan)
        await _until(lambda: bool(site.data_health()), WARM_LIMIT_S, "the centre answers again")
        await site.edge.stop()
        await _settle(site, auditor)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await site.centre.stop()
    finally:
        await site.stop()
    return killed, auditor


async def _settle(site: Site, auditor: Auditor) -> None:
    """Wait until auditor and historian have all that the edge left in its stream."""
    async with asyncio.timeout(DRAIN_LIMIT_S):
        while (lag := await auditor.reader.lag()) is None or lag.messages:  # noqa: ASYNC110 - of other programs
            await asyncio.sleep(0.2)
        client = await nats.connect(site.leaf_config.url)
        told = await client.subscribe(subjects.watermark(EDGE))
        while int((await told.next_msg(DRAIN_LIMIT_S)).data) < auditor.reader.next_seq - 1:
            pass
        await client.close()


async def _until(condition: Callable[[], bool], limit_s: float, what: str) -> None:
    try:
        async with asyncio.timeout(limit_s):
            while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - the condition is of other programs
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise SystemExit(f"not within {limit_s:g} s: {what}") from None


def stored_readings(historian: Historian) -> Readings:
    """Every row that the historian has: what a device sent again is there again, as it is in the stream."""
    highest = int(historian.ids.ids.max())
    return Readings.concat([_rows_between(historian, first, first + 500) for first in range(0, highest + 1, 500)])


def _rows_between(historian: Historian, first_tag: int, end_tag: int) -> Readings:
    found = historian.query(
        "SELECT tag, toUnixTimestamp64Micro(ts) AS time_us, value, status, flags FROM didymium.readings"
        f" WHERE tag >= {first_tag} AND tag < {end_tag}"
    )
    names = ("tag", "time_us", "value", "status", "flags")
    return Readings.of(*(found[name].combine_chunks().to_numpy() for name in names))


def compare(acknowledged: Readings, stored: Readings) -> tuple[int, int]:
    """Return how many readings are missing from the store, and how many it has too often.

    Readings are compared whole, bit for bit: tag, time, value, status and flags.
    """
    left, right = _rows(acknowledged), _rows(stored)
    _, index = np.unique(np.concatenate([left, right]), return_inverse=True)
    kinds = int(index.max(initial=-1)) + 1
    surplus = np.bincount(index[len(left) :], minlength=kinds) - np.bincount(index[: len(left)], minlength=kinds)
    return int(-surplus[surplus < 0].sum()), int(surplus[surplus > 0].sum())


def _rows(readings: Readings) -> NDArray[np.void]:
    rows = np.zeros(len(readings), np.dtype([("t", ">u4"), ("at", ">i8"), ("v", ">u8"), ("s", ">u4"), ("f", "u1")]))
    rows["t"], rows["at"], rows["v"] = readings.tag, readings.time_us, readings.value.view(np.uint64)
    rows["s"], rows["f"] = readings.status, readings.flags
    return rows.view(np.dtype((np.void, rows.dtype.itemsize)))


def main(arguments: Sequence[str]) -> int:
    """Run, report, and return 1 when anything is missing or there twice."""
    options = argparse.ArgumentParser(prog="python -m bench faults", description=__doc__)
    options.add_argument("--kills", type=int, default=30, help="how many kill -9")
    options.add_argument("--seconds", type=float, default=300.0, help="over how many seconds")
    options.add_argument("--link-s", type=float, default=60.0, help="how long the link is cut")
    options.add_argument("--seed", type=int, default=1, help="same seed, same kills")
    options.add_argument("--json", type=Path, default=None, help="write the figures to this file")
    chosen = options.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR)
    plan = Plan(chosen.kills, chosen.seconds, chosen.link_s, chosen.seed)
    with tempfile.TemporaryDirectory(prefix="didymium-faults-") as name:
        folder = Path(name)
        killed, auditor = asyncio.run(run(plan, folder))
        historian = Historian.open(
            f"chdb:///{str(folder / 'centre' / 'historian').lstrip('/')}", complex=read_complex(SHIPPED_COMPLEX)
        )
        stored = stored_readings(historian)
        historian.close()
    missing, twice = compare(Readings.concat(auditor.parts), stored)
    claimed = sum(auditor.claimed.values())
    if claimed > auditor.points:
        auditor.faults.append(f"the edge was told of {claimed:,} points, the stream has {auditor.points:,}")
    for fault in auditor.faults:
        print(f"the audit fails: {fault}")
    figures = {
        "kills": killed.total(),
        "acknowledged": auditor.points,
        "stored": len(stored),
        "missing": missing,
        "twice": twice,
        "claimed_by_edge": claimed,
        "link_cut_s": plan.link_s,
        "seconds": plan.seconds,
        **{f"kills of {name}": count for name, count in sorted(killed.items())},
    }
    report(figures, chosen.json)
    return 1 if missing or twice or auditor.faults or killed.total() < plan.kills else 0
