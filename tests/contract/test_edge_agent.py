"""The edge agent against a stream that is slow, stuck or gone, and over a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from ear import until
from trial import complex_of

from didymium.acquire import agent as module
from didymium.acquire.agent import EdgeAgent
from didymium.acquire.causes import Cause
from didymium.acquire.clock import now_us
from didymium.acquire.sink import Line, Sink
from didymium.model.device import EdgeState
from didymium.model.plant import Protocol
from didymium.model.readings import Readings

S = 1_000_000
COMPLEX, IDS = complex_of(Protocol.OPCUA, "", {}, [""] * 4)


class Device:
    """A connector whose readings the test gives."""

    name = "plc"
    lines = tuple(Line(f"{site}/opcua/A1", site, Protocol.OPCUA, "opc.tcp://plc") for site in ("S01", "S02"))

    def __init__(self) -> None:
        self.sinks: Sequence[Sink] = ()

    async def run(self, sinks: Sequence[Sink]) -> None:
        self.sinks = sinks
        await asyncio.Event().wait()

    def revive(self, line: int) -> bool:
        return False

    def say(self, *points: tuple[int, float], tag: int = 11, line: int = 0) -> None:
        """Source time in seconds and value."""
        time_us = np.array([t * S for t, _ in points], np.int64)
        value = np.array([v for _, v in points])
        self.sinks[line].take(Readings.of(np.full(len(points), tag, np.uint32), time_us, value), now_us())


class Stream:
    """A stream in memory; until ``flowing`` is set it acknowledges nothing of the stuck sites."""

    def __init__(self) -> None:
        self.batches: list[Readings] = []
        self.flowing = asyncio.Event()
        self.stuck_sites: set[str] = set()
        self.fails: Exception | None = None

    async def publish(self, site: str, readings: Readings, received_us: int) -> int:
        if self.fails is not None:
            raise self.fails
        self.batches.append(readings)
        sequence = len(self.batches)
        if site in self.stuck_sites:
            await self.flowing.wait()
        return sequence

    async def publish_state(self, state: EdgeState) -> None: ...

    @property
    def points(self) -> list[tuple[int, float]]:
        whole = Readings.concat(self.batches)
        return list(zip((whole.time_us // S).tolist(), whole.value.tolist(), strict=True))


class Edge:
    def __init__(self, folder: Path, stream: Stream, buffer_points: int = 1000) -> None:
        self.device, self.stream = Device(), stream
        self.agent = EdgeAgent(
            COMPLEX, IDS, stream.publish, stream.publish_state, folder,
            edge="edge1", connectors=[self.device], buffer_points=buffer_points,
        )  # fmt: skip
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.task = asyncio.create_task(self.agent.run())
        await until(lambda: bool(self.device.sinks), self.task)

    async def stop(self) -> None:
        assert self.task is not None
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def until_published(self, count: int) -> None:
        assert self.task is not None
        await until(lambda: self.agent.tell(now_us()).published_points >= count, self.task)


async def test_readings_of_a_moment_travel_in_one_batch(tmp_path: Path) -> None:
    edge = Edge(tmp_path, Stream())
    await edge.start()
    for k in range(5):
        edge.device.say((k, k))
    await edge.until_published(5)
    await edge.stop()
    assert len(edge.stream.batches) == 1 and edge.stream.points == [(k, float(k)) for k in range(5)]


async def test_full_batch_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH_POINTS", 10)
    monkeypatch.setattr(module, "BATCH_AGE_S", 3600.0)
    edge = Edge(tmp_path, Stream())
    await edge.start()
    edge.device.say(*((k, k) for k in range(25)))
    await edge.until_published(20)
    assert [len(batch) for batch in edge.stream.batches] == [10, 10]
    await edge.stop()  # which publishes the rest
    assert edge.stream.points == [(k, float(k)) for k in range(25)]


async def test_stuck_stream_costs_the_oldest_points_only_and_they_are_counted(tmp_path: Path) -> None:
    edge = Edge(tmp_path, Stream(), buffer_points=100)
    await edge.start()
    edge.stream.stuck_sites = {"S01"}
    edge.device.say((0, 0))
    assert edge.task is not None
    await until(lambda: bool(edge.stream.batches), edge.task)
    for k in range(1, 121):
        edge.device.say((k, k))
    told = edge.agent.tell(now_us())
    assert told.buffered_points == 100 and told.unacked_batches == 1
    (discard,) = told.devices[0].discards
    assert (discard.cause, discard.count) == (Cause.BUFFER_FULL, 21)
    assert discard.example.startswith("S01.A1.U1.T0 = 21 at 1970-01-01T00:00:21")
    edge.stream.flowing.set()
    await edge.until_published(100)
    await edge.stop()
    assert edge.stream.points == [(0, 0.0)] + [(k, float(k)) for k in range(22, 121)]


async def test_point_sent_again_after_a_kill_is_published_once(tmp_path: Path) -> None:
    stream = Stream()
    first = Edge(tmp_path, stream)
    await first.start()
    first.device.say((1, 1.0), (2, 2.0))
    await first.until_published(2)
    await first.stop()  # writes the checkpoint at sequence 1
    second = Edge(tmp_path, stream)
    assert second.agent.recovered_sequence == second.agent.saved_sequence == 1
    await second.start()
    second.device.say((3, 3.0))
    await second.until_published(1)
    assert second.task is not None  # and is killed before its next checkpoint
    kept = (tmp_path / "edge1.checkpoint").read_bytes()
    await second.stop()
    (tmp_path / "edge1.checkpoint").write_bytes(kept)

    third = Edge(tmp_path, stream)
    for sequence in range(third.agent.recovered_sequence + 1, len(stream.batches) + 1):
        third.agent.recover(stream.batches[sequence - 1], sequence)
    assert third.agent.recovered_sequence == 2
    await third.start()
    third.device.say((2, 2.0), (3, 3.0), (4, 4.0))
    await third.until_published(1)
    await third.stop()
    assert stream.points == [(1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0)]


async def test_checkpoint_does_not_claim_a_batch_under_way(tmp_path: Path) -> None:
    stream = Stream()
    edge = Edge(tmp_path, stream)
    await edge.start()
    edge.device.say((1, 1.0))
    await edge.until_published(1)
    stream.stuck_sites = {"S01"}
    edge.device.say((2, 2.0))  # is stored as 2, which we don't learn
    assert edge.task is not None
    await until(lambda: len(stream.batches) == 2, edge.task)
    edge.device.say((3, 3.0), tag=14, line=1)  # is stored as 3
    await edge.until_published(2)
    await edge.agent._save()
    assert edge.agent.saved_sequence == 1
    again = Edge(tmp_path, stream).agent
    assert again.recovered_sequence == 1
    assert again._safe.newest_us[0] == S
    stream.flowing.set()
    await edge.stop()


async def test_broken_checkpoint_is_told_and_the_edge_starts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "edge1.checkpoint").write_bytes(b"torn")
    edge = Edge(tmp_path, Stream())
    assert edge.agent.recovered_sequence == 0 and "checkpoint is unreadable" in caplog.text
    await edge.start()
    edge.device.say((1, 1.0))
    await edge.until_published(1)
    await edge.stop()


async def test_stream_that_refuses_for_good_ends_the_agent(tmp_path: Path) -> None:
    edge = Edge(tmp_path, Stream())
    await edge.start()
    edge.stream.fails = ValueError("too large")
    edge.device.say((1, 1.0))
    assert edge.task is not None
    with pytest.raises(ValueError, match="too large"):
        await asyncio.wait_for(edge.task, 10)


async def test_trouble_is_counted_with_tag_value_time_and_status(tmp_path: Path) -> None:
    edge = Edge(tmp_path, Stream())
    await edge.start()
    edge.device.say((5, 1.0))
    edge.device.say((5, 1.0), (4, 2.0), (6, 2000.0), (7, float("nan")), (10**9 * 4, 1.0))
    edge.device.say((8, 1.0), tag=77)
    await edge.stop()
    discards = {d.cause: (d.count, d.example) for d in edge.agent.tell(now_us()).devices[0].discards}
    assert discards == {
        "duplicate": (1, "S01.A1.U1.T0 = 1 at 1970-01-01T00:00:05.000+00:00, status 0x00000000"),
        "late": (1, "S01.A1.U1.T0 = 2 at 1970-01-01T00:00:04.000+00:00, status 0x00000000"),
        "out of range": (1, "S01.A1.U1.T0 = 2000 at 1970-01-01T00:00:06.000+00:00, status 0x00000000"),
        "not finite": (1, "S01.A1.U1.T0 = nan at 1970-01-01T00:00:07.000+00:00, status 0x00000000"),
        "clock ahead": (1, "S01.A1.U1.T0 = 1 at 2096-10-02T07:06:40.000+00:00, status 0x00000000"),
        "unknown tag": (1, "tag id 77 = 1 at 1970-01-01T00:00:08.000+00:00, status 0x00000000"),
    }
    assert len(edge.stream.points) == 5
