"""What is told of a line, when it counts as frozen, and how connectors are run again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from didymium.acquire import supervisor as module
from didymium.acquire.buffer import Part, SiteBuffer
from didymium.acquire.clock import now_us
from didymium.acquire.errors import DeviceLost
from didymium.acquire.line_state import LineState
from didymium.acquire.sink import Line, Sink
from didymium.acquire.supervisor import Backoff, Supervisor, frozen
from didymium.model.plant import Protocol
from didymium.model.readings import Readings

S = 1_000_000
LINE = Line("S01/opcua/A1", "S01", Protocol.OPCUA, "opc.tcp://plc", silence_limit_s=10.0)


def test_pauses_double_to_their_limit_and_chance_cuts_up_to_half() -> None:
    backoff = Backoff(first_s=0.5, longest_s=15.0)
    assert [backoff.pause_s(n, 0.0) for n in (1, 2, 3, 4, 5, 6, 7, 99)] == [0.5, 1, 2, 4, 8, 15, 15, 15]
    assert backoff.pause_s(2, 1.0) == 0.5


def test_line_is_frozen_only_while_up_and_silent_for_too_long() -> None:
    state = LineState(LINE, 0)
    assert frozen([state], 60 * S) == []
    state.rise(60 * S)
    assert frozen([state], 70 * S) == []
    assert frozen([state], 70 * S + 1) == [0]
    state.heard(65 * S)
    assert frozen([state], 70 * S + 1) == []
    state.fall("connection closed", 71 * S)
    assert frozen([state], 99 * S) == []


def test_since_is_the_start_of_the_outage_and_reconnects_count_returns() -> None:
    state = LineState(LINE, 0)
    state.rise(10 * S)
    state.fall("timeout", 20 * S)
    state.fall("connection refused", 25 * S)
    told = state.tell(26 * S)
    assert (told.up, told.since_us, told.cause, told.reconnects) == (False, 20 * S, "connection refused", 0)
    state.rise(30 * S)
    state.rise(31 * S)
    told = state.tell(32 * S)
    assert (told.up, told.since_us, told.cause, told.reconnects) == (True, 30 * S, "", 1)


def test_rate_is_that_of_the_last_seconds() -> None:
    state = LineState(LINE, 0)
    for second in range(1, 20):
        state.accept(100 if second <= 10 else 300, second * S, second * S)
        told = state.tell(second * S)
    assert told.points_per_s == pytest.approx(300)
    assert told.points == 10 * 100 + 9 * 300


def test_skew_is_that_of_the_least_delayed_reading() -> None:
    state = LineState(LINE, 0)
    for received_s, delay_ms in ((1, 80), (2, 5), (3, 40)):
        state.accept(1, received_s * S + 2 * S - delay_ms * 1000, received_s * S)
    told = state.tell(4 * S)
    assert told.skew_ms == pytest.approx(1995) and told.lag_ms == pytest.approx(-1960)
    state.skew(7.0)
    assert state.tell(5 * S).skew_ms == 7.0


def test_skew_forgets_after_two_windows() -> None:
    state = LineState(LINE, 0)
    state.accept(1, 100 * S, 1 * S)
    for received_s in range(2, 80):
        state.accept(1, received_s * S, received_s * S)
    assert state.tell(80 * S).skew_ms == 0.0


def test_discards_keep_count_and_last_example_by_cause() -> None:
    state = LineState(LINE, 0)
    state.discard("late", 2, "a", 1)
    state.discard("late", 3, "b", 2)
    state.discard("duplicate", 1, "c", 3)
    assert [(d.cause, d.count, d.last_us, d.example) for d in state.tell(4).discards] == [
        ("late", 5, 2, "b"),
        ("duplicate", 1, 3, "c"),
    ]


class Stub:
    """A connector that does what the test says."""

    name = "S01/opcua/A1"
    lines = (LINE,)

    def __init__(self, *ends: Exception | None, revives: bool = False) -> None:
        self.ends = list(ends)
        self.runs = 0
        self.revived: list[int] = []
        self._revives = revives

    async def run(self, sinks: Sequence[Sink]) -> None:
        self.runs += 1
        if self.ends:
            end = self.ends.pop(0)
            if end is not None:
                raise end
            return
        await asyncio.Event().wait()

    def revive(self, line: int) -> bool:
        self.revived.append(line)
        return self._revives


async def step() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def supervised(stub: Stub) -> tuple[Supervisor, LineState]:
    state = LineState(LINE, now_us())
    return Supervisor(stub, [], [state], Backoff(first_s=0.0), chance=lambda: 0.0), state


async def test_connector_is_run_again_whatever_ends_it(caplog: pytest.LogCaptureFixture) -> None:
    stub = Stub(DeviceLost("connection refused", "port 4840"), ValueError("a mistake of ours"), None)
    supervisor, state = supervised(stub)
    causes: list[str] = []
    fall = state.fall

    class Watched(LineState):
        def fall(self, cause: str, now_us: int) -> None:
            causes.append(cause)
            fall(cause, now_us)

    state.__class__ = Watched
    task = asyncio.create_task(supervisor.run())
    for _ in range(20):
        await step()
    assert stub.runs == 4
    assert causes == ["connection refused", "internal error", "connection closed"]
    assert "a mistake of ours" in caplog.text
    task.cancel()
    await asyncio.wait({task})


async def test_frozen_line_is_rebuilt() -> None:
    stub = Stub()
    supervisor, state = supervised(stub)
    task = asyncio.create_task(supervisor.run())
    await step()
    state.rise(now_us())
    supervisor.watch(now_us() + 9 * S)
    await step()
    assert stub.runs == 1
    supervisor.watch(now_us() + 11 * S)
    for _ in range(5):
        await step()
    assert stub.runs == 2 and stub.revived == [0]
    assert state.cause == "frozen" and state.tell(now_us()).discards[0].cause == "frozen"
    task.cancel()
    await asyncio.wait({task})


async def test_frozen_line_that_can_be_revived_keeps_the_connection() -> None:
    stub = Stub(revives=True)
    supervisor, state = supervised(stub)
    task = asyncio.create_task(supervisor.run())
    await step()
    state.rise(now_us())
    supervisor.watch(now_us() + 11 * S)
    supervisor.watch(now_us() + 12 * S)
    await step()
    assert stub.runs == 1 and stub.revived == [0] and not state.up and state.cause == "frozen"
    supervisor.watch(now_us() + 22 * S)
    assert stub.revived == [0, 0]
    task.cancel()
    await asyncio.wait({task})


async def test_connector_without_a_word_is_started_anew() -> None:
    stub = Stub()
    supervisor, state = supervised(stub)
    task = asyncio.create_task(supervisor.run())
    await step()
    supervisor.watch(now_us() + int(module.CONNECT_LIMIT_S * S) + S)
    for _ in range(5):
        await step()
    assert stub.runs == 2 and state.cause == "no answer"
    task.cancel()
    await asyncio.wait({task})


async def test_connector_that_cannot_be_closed_is_left_behind() -> None:
    class Stuck(Stub):
        async def run(self, sinks: Sequence[Sink]) -> None:
            self.runs += 1
            while not done.is_set():
                try:
                    await done.wait()
                except asyncio.CancelledError:
                    continue

    done = asyncio.Event()
    stub = Stuck()
    supervisor, state = supervised(stub)
    task = asyncio.create_task(supervisor.run())
    await step()
    state.rise(now_us())
    supervisor.watch(now_us() + 11 * S)
    await step()
    assert stub.runs == 1
    supervisor.watch(now_us() + 22 * S)
    for _ in range(5):
        await step()
    assert stub.runs == 2
    done.set()
    task.cancel()
    await asyncio.wait({task})


def part(first: int, count: int, received_us: int) -> Part:
    value = np.arange(first, first + count, dtype=np.float64)
    readings = Readings.of(np.full(count, 11, np.uint32), np.arange(count, dtype=np.int64), value)
    return Part(LineState(LINE, 0), readings, received_us)


def values(parts: list[Part]) -> list[float]:
    return [value for part in parts for value in part.readings.value.tolist()]


def test_what_one_line_brought_in_a_row_is_one_part() -> None:
    buffer = SiteBuffer()
    one, other = part(0, 3, 1), part(3, 2, 2)
    for each in (one, Part(one.line, part(5, 2, 3).readings, 3), other, Part(one.line, part(7, 1, 4).readings, 4)):
        buffer.put(each)
    parts, received_us = buffer.pop(100)
    assert [(p.line, len(p.readings), p.received_us) for p in parts] == [
        (one.line, 5, 3), (other.line, 2, 2), (one.line, 1, 4),
    ]  # fmt: skip
    assert received_us == 1


def test_buffer_keeps_order_over_parts_and_limits() -> None:
    buffer = SiteBuffer()
    for i in range(3):
        buffer.put(part(10 * i, 10, received_us=i))
    parts, received_us = buffer.pop(15)
    assert values(parts) == list(range(15)) and received_us == 0 and buffer.points == 15
    parts, received_us = buffer.pop(100)
    assert values(parts) == list(range(15, 30)) and received_us == 1 and buffer.points == 0
    assert buffer.oldest_us is None


def test_full_buffer_gives_up_its_oldest() -> None:
    buffer = SiteBuffer()
    buffer.put(part(0, 10, 1))
    buffer.put(part(10, 5, 2))
    assert len(buffer.drop_oldest().readings) == 10
    assert buffer.points == 5 and buffer.oldest_us == 2
