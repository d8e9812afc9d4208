"""The spine on the real nats-server: in order, each once, whatever is killed, cut or filled."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import nats
import numpy as np
import psutil
import pyarrow as pa
import pytest

from bench.link import Link
from didymium.model.device import EdgeState
from didymium.model.readings import Readings
from didymium.model.registry import TagIds
from didymium.spine import batch, registry, subjects, watermark
from didymium.spine import publisher as publisher_room
from didymium.spine.config import SpineConfig, edge_config
from didymium.spine.errors import PortTaken, RangeLost, StreamRewound
from didymium.spine.publisher import Publisher
from didymium.spine.reader import Corrupt, Delivery, Lost, Reader
from didymium.spine.server import NatsServer, binary
from tests.two_sites import two_sites

STREAM_BYTES = 64 * 1024 * 1024


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        found = []
        for _ in range(count):
            probe = held.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            found.append(probe.getsockname()[1])
        return found


def spine_config(folder: Path, name: str = "hub", domain: str = "centre", hub_url: str | None = None) -> SpineConfig:
    client, monitor, leaf = free_ports(3)
    return SpineConfig(
        name=name,
        domain=domain,
        store_folder=folder / name,
        log_path=folder / f"{name}.log",
        client_port=client,
        monitor_port=monitor,
        leaf_port=None if hub_url else leaf,
        hub_url=hub_url,
        store_bytes=256 * 1024 * 1024,
    )


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[NatsServer]:
    server = NatsServer(spine_config(tmp_path))
    await server.start()
    await server.wait_ready()
    yield server
    await server.stop()


@contextlib.asynccontextmanager
async def running(*jobs: Awaitable[None]) -> AsyncIterator[list[asyncio.Future[None]]]:
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], bool], limit_s: float = 20.0) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():  # noqa: ASYNC110 - the condition is of other programs
            await asyncio.sleep(0.02)


def numbered(number: int, rows: int = 50) -> Readings:
    """A batch that tells its own number in every value."""
    return Readings.of(
        np.arange(rows, dtype=np.uint32), np.full(rows, 1_700_000_000_000_000, np.int64), np.full(rows, float(number))
    )


def number(delivery: Delivery) -> int:
    assert isinstance(delivery.content, Readings), delivery
    return int(delivery.content.value[0])


async def pull_numbers(reader: Reader, count: int, limit_s: float = 30.0) -> list[int]:
    found: list[int] = []
    async with asyncio.timeout(limit_s):
        while len(found) < count:
            found += [number(d) for d in await reader.pull(20, 1.0)]
    return found


async def stream_holds(reader: Reader, messages: int) -> None:
    async with asyncio.timeout(30):
        while (lag := await reader.lag()) is None or lag.stream_messages != messages:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def kill(server: NatsServer) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await server.wait()


async def test_every_batch_arrives_once_and_in_order_though_the_server_is_killed(hub: NatsServer) -> None:
    publisher = Publisher(hub.config.url, "e1", 1, STREAM_BYTES)
    reader = Reader(hub.config.url, "e1", "centre", 0)
    count = 400
    async with running(publisher.run(), reader.run()):

        async def publish_all() -> list[int]:
            sent = []
            for n in range(count):
                sent.append(asyncio.ensure_future(publisher.publish("S03", numbered(n), n)))
                await asyncio.sleep(0.004)
            return await asyncio.gather(*sent)

        sending = asyncio.ensure_future(publish_all())
        pulling = asyncio.ensure_future(pull_numbers(reader, count))
        for _ in range(3):
            await asyncio.sleep(0.3)
            await kill(hub)
            await hub.start()
            await hub.wait_ready()
        seqs = await asyncio.wait_for(sending, 30)
        assert await pulling == list(range(count))
        assert seqs == list(range(seqs[0], seqs[0] + count))
        assert await reader.pull(10, 0.2) == []


async def test_batches_stored_without_an_answer_are_not_stored_again(hub: NatsServer) -> None:
    """The acknowledgements are lost on the line and the ids are forgotten: the stream itself tells what it has."""
    line = Link(hub.config.client_port)
    await line.join()
    publisher = Publisher(f"nats://127.0.0.1:{line.port}", "e1", 1, STREAM_BYTES)
    reader = Reader(hub.config.url, "e1", "centre", 0)
    async with running(publisher.run(), reader.run()):
        await publisher.publish("S03", numbered(0), 0)
        line.deaf = True
        late = [asyncio.ensure_future(publisher.publish("S03", numbered(n), 0)) for n in range(1, 6)]
        assert await pull_numbers(reader, 6) == list(range(6))
        assert publisher.unacked == 5
        await line.cut()
        line.deaf = False
        await line.join()
        seqs = await asyncio.wait_for(asyncio.gather(*late), 10)
        assert await publisher.publish("S03", numbered(6), 0) == seqs[-1] + 1
        assert await pull_numbers(reader, 1) == [6]
    await line.cut()


async def test_a_server_that_stands_still_stores_nothing_twice(
    hub: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies in its sockets is stored when it goes on, beside what was sent again."""
    monkeypatch.setattr(publisher_room, "ACK_LIMIT_S", 0.3)
    publisher = Publisher(hub.config.url, "e1", 1, STREAM_BYTES)
    reader = Reader(hub.config.url, "e1", "centre", 0)
    async with running(publisher.run(), reader.run()):
        await publisher.publish("S03", numbered(0), 0)
        assert hub.pid is not None
        os.kill(hub.pid, signal.SIGSTOP)
        try:
            sent = [asyncio.ensure_future(publisher.publish("S03", numbered(n), 0)) for n in range(1, 40)]
            await until(lambda: publisher.trouble.startswith("spine silent"))
        finally:
            os.kill(hub.pid, signal.SIGCONT)
        seqs = await asyncio.wait_for(asyncio.gather(*sent), 20)
        assert seqs == list(range(seqs[0], seqs[0] + 39))
        assert await pull_numbers(reader, 40) == list(range(40))
        assert await reader.pull(10, 0.2) == []


async def test_reader_goes_on_from_its_position(hub: NatsServer) -> None:
    publisher = Publisher(hub.config.url, "e1", 1, STREAM_BYTES)
    async with running(publisher.run()):
        seqs = [await publisher.publish("S03", numbered(n), n) for n in range(10)]
    reader = Reader(hub.config.url, "e1", "centre", seqs[4])
    async with running(reader.run()):
        deliveries = await reader.pull(3, 5.0)
        assert [number(d) for d in deliveries] == [4, 5, 6]
        assert [d.received_us for d in deliveries] == [4, 5, 6]
        lag = await reader.lag()
        assert lag is not None
        assert lag.messages == 3
        again = await reader.pull_exact(seqs[4], seqs[6])
        assert [(d.seq, d.site, number(d)) for d in again] == [(seqs[n], "S03", n) for n in (4, 5, 6)]


async def test_corrupt_messages_are_named_and_passed_over(hub: NatsServer) -> None:
    publisher = Publisher(hub.config.url, "e1", 1, STREAM_BYTES)
    reader = Reader(hub.config.url, "e1", "centre", 0)
    state = EdgeState("e1", 5, 1, 0, 0, 0, ())
    async with running(publisher.run(), reader.run()):
        await publisher.publish("S03", numbered(1), 0)
        good = batch.encode(numbered(7))
        foreign = pa.BufferOutputStream()
        with pa.ipc.new_stream(foreign, pa.schema([("x", pa.int64())])) as stream:
            stream.write_batch(pa.record_batch({"x": [1]}))
        alien = foreign.getvalue().to_pybytes()
        flipped = good[:100] + bytes([good[100] ^ 1]) + good[101:]
        client = await nats.connect(hub.config.url)
        for payload, checksum, count in (
            (flipped, batch.checksum(good), "50"),
            (good[:-200], batch.checksum(good[:-200]), "50"),
            (alien, batch.checksum(alien), "1"),
            (good, batch.checksum(good), "51"),
            (good, "", "50"),
        ):
            headers = {subjects.CHECKSUM: checksum, subjects.COUNT: count}
            await client.jetstream().publish(subjects.readings("e1", "S03"), payload, headers=headers)
        await client.jetstream().publish(
            subjects.state("e1"), b"{}", headers={subjects.CHECKSUM: batch.checksum(b"{}")}
        )
        await client.close()
        await publisher.publish_state(state)
        await publisher.publish("S03", numbered(2), 0)
        found: list[Delivery] = []
        while len(found) < 9:
            found += await reader.pull(20, 5.0)
    assert number(found[0]) == 1
    assert [d.content.fault for d in found if isinstance(d.content, Corrupt)] == [
        "checksum",
        "truncated",
        "schema",
        "count",
        "checksum",
        "schema",
    ]
    assert found[7].content == state
    assert number(found[8]) == 2


async def test_a_full_stream_makes_the_publisher_wait_and_say_so(
    hub: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watermark, "PURGE_EVERY_S", 0.05)
    monkeypatch.setattr(watermark, "TELL_EVERY_S", 0.05)
    monkeypatch.setattr(publisher_room, "FULL_RETRY_S", 0.1)
    publisher = Publisher(hub.config.url, "e1", 1, 200_000)
    async with running(publisher.run()):
        sent = [asyncio.ensure_future(publisher.publish("S03", numbered(n, 5000), n)) for n in range(40)]
        await until(lambda: publisher.trouble.startswith("spine full"))
        stored = [task.result() for task in sent if task.done()]
        assert 0 < len(stored) < 40
        reader = Reader(hub.config.url, "e1", "centre", 0)
        async with running(reader.run(), watermark.forget(hub.config.url, "e1", lambda: publisher.last_acked_seq)):
            durable = {"e1": 0}
            async with running(watermark.tell(hub.config.url, lambda: durable)):
                found: list[int] = []
                async with asyncio.timeout(40):
                    while len(found) < 40:
                        for delivery in await reader.pull(20, 1.0):
                            found.append(number(delivery))
                            durable["e1"] = delivery.seq
        assert found == list(range(40))
        assert await asyncio.gather(*sent) == list(range(stored[0], stored[0] + 40))
        assert publisher.trouble == ""


async def test_the_edge_forgets_no_more_than_both_ends_allow(hub: NatsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watermark, "PURGE_EVERY_S", 0.05)
    monkeypatch.setattr(watermark, "TELL_EVERY_S", 0.05)
    publisher = Publisher(hub.config.url, "e1", 1, STREAM_BYTES)
    reader = Reader(hub.config.url, "e1", "centre", 0)
    async with running(publisher.run(), reader.run()):
        first = await publisher.publish("S03", numbered(0), 0)
        for n in range(1, 10):
            await publisher.publish("S03", numbered(n), 0)
        kept = {"after": first + 2}
        durable = {"e1": first + 6}
        async with running(
            watermark.tell(hub.config.url, lambda: durable),
            watermark.forget(hub.config.url, "e1", lambda: kept["after"]),
        ):
            await stream_holds(reader, 7)
            kept["after"] = first + 9
            await stream_holds(reader, 3)
            await asyncio.sleep(0.2)
            await stream_holds(reader, 3)


async def test_sequences_removed_unread_are_reported(hub: NatsServer) -> None:
    publisher = Publisher(hub.config.url, "e1", 1, STREAM_BYTES)
    async with running(publisher.run()):
        seqs = [await publisher.publish("S03", numbered(n), n) for n in range(6)]
    client = await nats.connect(hub.config.url)
    await client.jetstream().purge_stream(subjects.stream("e1"), seq=seqs[3])
    await client.jetstream().delete_msg(subjects.stream("e1"), seqs[4])
    await client.close()
    reader = Reader(hub.config.url, "e1", "centre", seqs[1])
    async with running(reader.run()):
        assert [d.content for d in await reader.pull(10, 5.0)] == [Lost(seqs[1], seqs[2])]
        assert await pull_numbers(reader, 1) == [3]
        assert [d.content for d in await reader.pull(10, 5.0)] == [Lost(seqs[4], seqs[4])]
        assert await pull_numbers(reader, 1) == [5]
        with pytest.raises(RangeLost) as lost:
            await reader.pull_exact(seqs[3], seqs[5])
    assert lost.value.missing == seqs[4]


async def test_a_stream_put_back_from_an_old_copy_is_refused(hub: NatsServer) -> None:
    publisher = Publisher(hub.config.url, "e1", 1, STREAM_BYTES)
    async with running(publisher.run()):
        seq = await publisher.publish("S03", numbered(0), 0)
    reader = Reader(hub.config.url, "e1", "centre", seq + 100)
    async with running(reader.run()) as tasks:
        with pytest.raises(StreamRewound):
            await reader.pull(1, 5.0)
        with pytest.raises(StreamRewound):
            await tasks[0]


async def test_a_wiped_edge_never_uses_a_sequence_again(hub: NatsServer) -> None:
    publisher = Publisher(hub.config.url, "e1", 1, STREAM_BYTES)
    async with running(publisher.run()):
        before = [await publisher.publish("S03", numbered(n), 0) for n in range(3)][-1]
    client = await nats.connect(hub.config.url)
    await client.jetstream().delete_stream(subjects.stream("e1"))
    await client.close()
    publisher = Publisher(hub.config.url, "e1", 2, STREAM_BYTES)
    async with running(publisher.run()):
        assert await publisher.publish("S03", numbered(0), 0) > before


async def test_a_cut_leaf_node_link_is_resumed_in_order(hub: NatsServer, tmp_path: Path) -> None:
    assert hub.config.leaf_port is not None
    line = Link(hub.config.leaf_port)
    await line.join()
    leaf = NatsServer(spine_config(tmp_path, "leaf", "S03", f"nats-leaf://127.0.0.1:{line.port}"))
    await leaf.start()
    await leaf.wait_ready()
    publisher = Publisher(leaf.config.url, "S03", 1, STREAM_BYTES)
    reader = Reader(hub.config.url, "S03", "S03", 0)
    try:
        async with running(publisher.run(), reader.run()):
            for n in range(10):
                await publisher.publish("S03", numbered(n), 0)
            assert await pull_numbers(reader, 10) == list(range(10))
            await line.cut()
            for n in range(10, 40):
                await asyncio.wait_for(publisher.publish("S03", numbered(n), 0), 10)
            await until(lambda: reader.trouble.startswith("edge unreachable"))
            assert await reader.lag() is None
            await line.join()
            assert await pull_numbers(reader, 30) == list(range(10, 40))
            await kill(leaf)
            await leaf.start()
            await publisher.publish("S03", numbered(40), 0)
            assert await pull_numbers(reader, 1) == [40]
    finally:
        await leaf.stop()
        await line.cut()


async def test_tag_ids_reach_the_edge_and_outlive_the_centre(hub: NatsServer, tmp_path: Path) -> None:
    ids = TagIds(np.array([7, 3, 9], np.uint32))
    cache = tmp_path / "edge" / "tag_ids.json"
    waiting = asyncio.ensure_future(registry.wait_ids(hub.config.url, "centre", ["c", "a"], cache))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await registry.put_ids(hub.config.url, ["a", "b", "c"], ids)
    assert (await asyncio.wait_for(waiting, 10)).ids.tolist() == [9, 7]
    await hub.stop()
    kept = await asyncio.wait_for(registry.wait_ids(hub.config.url, "centre", ["b"], cache), 10)
    assert kept.ids.tolist() == [3]


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    config = spine_config(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", config.monitor_port))
        other.listen()
        with pytest.raises(PortTaken) as taken:
            await NatsServer(config).start()
    assert taken.value.port == config.monitor_port
    assert f"port {config.monitor_port} (NATS monitoring)" in str(taken.value)


def test_the_server_accepts_the_leaf_configuration_of_a_site(tmp_path: Path) -> None:
    plant, _ = two_sites()
    path = tmp_path / "nats.conf"
    path.write_text(edge_config(plant, "S02", "nats-leaf://hub.example:8613"), encoding="utf-8")
    tried = subprocess.run(
        [binary(), "-t", "--config", path], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False
    )
    assert tried.returncode == 0, tried.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
async def test_the_server_ends_with_its_parent(tmp_path: Path) -> None:
    config = spine_config(tmp_path)
    program = (
        "import asyncio, sys, time; from pathlib import Path; from didymium.spine.config import SpineConfig;"
        "from didymium.spine.server import NatsServer;"
        f"server = NatsServer(SpineConfig('hub', 'centre', Path({str(tmp_path)!r}), Path({str(tmp_path / 'log')!r}),"
        f" {config.client_port}, {config.monitor_port}));\n"
        "async def main():\n"
        "    await server.start(); await server.wait_ready(); print(server.pid, flush=True); await asyncio.sleep(60)\n"
        "asyncio.run(main())"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220
    assert parent.stdout is not None
    pid = int(await asyncio.to_thread(parent.stdout.readline))
    server = psutil.Process(pid)
    assert server.name() == "nats-server"
    parent.kill()
    parent.wait()
    parent.stdout.close()
    await until(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE)
