"""A running subscription against a server of recorded answers: gaps, keep-alives, nonsense, silence."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from asyncua import ua
from asyncua.ua import uaerrors
from asyncua.ua.ua_binary import struct_to_binary

from didymium.acquire.errors import DeviceLost
from didymium.acquire.grid import Grid
from didymium.acquire.opcua import stream as running
from didymium.acquire.opcua.session import Subscribed
from didymium.acquire.opcua.stream import Stream
from didymium.acquire.points import Points
from didymium.model.readings import Readings

PATHS = ("S10.PL1.CELL001.VOLT", "S10.PL1.CELL001.MODE")
AT = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)
ID = 7


class Notebook:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self.trouble: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.lives = 0
        self.skews: list[float] = []

    def take(self, readings: Readings, received_us: int) -> None:
        self.values += readings.value.tolist()

    def alive(self) -> None:
        self.lives += 1

    def discard(self, cause: str, count: int, example: str) -> None:
        self.trouble[str(cause)] += count
        self.examples[str(cause)] = example

    def skew(self, skew_ms: float) -> None:
        self.skews.append(skew_ms)

    def up(self) -> None: ...

    def down(self, cause: str) -> None: ...


class Server:
    """Answers publish requests in turn, then never again; keeps what was acknowledged."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = list(answers)
        self.kept: dict[int, bytes] = {}
        self.acknowledged: list[int] = []
        self.asked_again: list[int] = []
        self.times: list[Any] = []

    async def publish(self, subscription: int, acknowledged: Sequence[int]) -> bytes:
        self.acknowledged += acknowledged
        await asyncio.sleep(0)
        if not self.answers:
            await asyncio.Event().wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def republish(self, subscription: int, number: int) -> bytes:
        self.asked_again.append(number)
        if number not in self.kept:
            raise uaerrors.BadMessageNotAvailable
        return self.kept[number]

    async def source_times(self, nodes: Sequence[ua.NodeId]) -> list[Any]:
        return self.times


def message(number: int, *values: Any, handle: int = 0, published: dt.datetime = AT) -> bytes:
    """A Publish response with one item per value; without values a keep-alive."""
    answer = ua.PublishResponse()
    answer.Parameters.SubscriptionId = ID
    answer.Parameters.NotificationMessage.PublishTime = published
    answer.Parameters.NotificationMessage.SequenceNumber = number
    if values:
        answer.Parameters.NotificationMessage.NotificationData = [_change(handle, *values)]
    return struct_to_binary(answer)


def again(number: int, *values: Any) -> bytes:
    answer = ua.RepublishResponse()
    answer.NotificationMessage.SequenceNumber = number
    answer.NotificationMessage.NotificationData = [_change(0, *values)]
    return struct_to_binary(answer)


def _change(handle: int, *values: Any) -> ua.DataChangeNotification:
    items = [
        ua.MonitoredItemNotification(
            ClientHandle=handle, Value=ua.DataValue(ua.Variant(v), SourceTimestamp=AT, ServerTimestamp=AT)
        )
        for v in values
    ]
    return ua.DataChangeNotification(MonitoredItems=items)


async def stream(server: Server, until: Callable[[Notebook], bool], keep_alive_s: float = 10.0) -> Notebook:
    """Run the subscription until the notebook is as wanted, or the device is lost."""
    notebook = Notebook()
    points = Points(
        PATHS, ("ns=2;s=V", "ns=2;s=M"), np.array([1, 2], np.uint32), Grid(np.ones(2), np.zeros(2, np.int8))
    )
    nodes = [(0, ua.NodeId("V", 2)), (1, ua.NodeId("M", 2))]
    task = asyncio.create_task(Stream(server, Subscribed(ID, 250.0, keep_alive_s), points, nodes, notebook).run())
    for _ in range(2000):
        if until(notebook) or task.done():
            break
        await asyncio.sleep(0.005)
    else:
        raise AssertionError(f"not reached: {notebook.values}, {notebook.trouble}")
    if task.done():
        task.result()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return notebook


async def test_messages_are_taken_and_acknowledged() -> None:
    server = Server(message(1, 1.0), message(2, 2.0), message(3), message(3, 3.0))
    seen = await stream(server, lambda n: len(n.values) == 3 and len(server.acknowledged) == 3)
    assert seen.values == [1.0, 2.0, 3.0]
    assert server.acknowledged == [1, 2, 3]
    assert seen.lives == 1
    assert not seen.trouble


async def test_a_missed_message_is_asked_for_again() -> None:
    server = Server(message(1, 1.0), message(4, 4.0))
    server.kept = {2: again(2, 2.0), 3: again(3, 3.0)}
    seen = await stream(server, lambda n: len(n.values) == 4 and len(server.acknowledged) == 4)
    assert seen.values == [1.0, 4.0, 2.0, 3.0]
    assert server.asked_again == [2, 3]
    assert sorted(server.acknowledged) == [1, 2, 3, 4]
    assert seen.trouble == {"sequence jump": 1}


async def test_a_message_that_the_server_forgot_is_counted_as_lost() -> None:
    server = Server(message(1, 1.0), message(3, 3.0), message(4, 4.0))
    seen = await stream(server, lambda n: n.trouble["lost messages"] == 1 and len(n.values) == 3)
    assert seen.values == [1.0, 3.0, 4.0]
    assert seen.examples["lost messages"] == "message 2: BadMessageNotAvailable"


async def test_a_keep_alive_reveals_a_missed_message() -> None:
    server = Server(message(1, 1.0), message(3))
    server.kept = {2: again(2, 2.0)}
    seen = await stream(server, lambda n: len(n.values) == 2)
    assert seen.values == [1.0, 2.0]


async def test_malformed_messages_are_counted_and_the_next_one_is_taken() -> None:
    cut = message(2, 2.0, 2.5)[:-20]
    server = Server(message(1, 1.0), cut, b"nonsense", b"", message(3, 3.0))
    seen = await stream(server, lambda n: len(n.values) == 2)
    assert seen.values == [1.0, 3.0]
    assert seen.trouble == {"malformed payload": 3}


async def test_a_string_where_a_number_was_is_counted_with_its_tag() -> None:
    server = Server(message(1, 1.0), message(2, "hot"), message(3, 3.0))
    seen = await stream(server, lambda n: len(n.values) == 3)
    assert np.isnan(seen.values[1])
    assert seen.trouble == {"wrong type": 1, "type change": 2}
    assert seen.examples["wrong type"] == "S10.PL1.CELL001.VOLT came as String"


async def test_types_the_walk_does_not_read_come_through_the_library() -> None:
    server = Server(message(1, ua.LocalizedText("hot"), 2.0))
    seen = await stream(server, lambda n: len(n.values) == 2)
    assert seen.values[1] == 2.0
    assert seen.examples["wrong type"] == "S10.PL1.CELL001.VOLT came as LocalizedText"


async def test_answers_with_diagnostics_come_through_the_library() -> None:
    answer = ua.PublishResponse()
    answer.ResponseHeader.ServiceDiagnostics = ua.DiagnosticInfo(AdditionalInfo="verbose server")
    answer.Parameters.SubscriptionId = ID
    answer.Parameters.NotificationMessage.SequenceNumber = 1
    answer.Parameters.NotificationMessage.NotificationData = [_change(0, 1.0)]
    server = Server(struct_to_binary(answer), message(2, 2.0))
    seen = await stream(server, lambda n: len(n.values) == 2)
    assert seen.values == [1.0, 2.0]
    assert not seen.trouble


async def test_an_unknown_handle_is_counted() -> None:
    seen = await stream(Server(message(1, 1.0, handle=99)), lambda n: bool(n.trouble))
    assert seen.values == []
    assert seen.examples["unknown address"] == "client handle 99 is not ours"


@pytest.mark.parametrize(("published", "skew_days"), [(0, 0), (3, 3), (-3, -3)])
async def test_skew_is_the_time_of_publishing_against_ours(published: int, skew_days: int) -> None:
    raw = message(1, 1.0, published=dt.datetime.now(dt.UTC) + dt.timedelta(days=published))
    seen = await stream(Server(raw), lambda n: bool(n.skews))
    assert seen.skews[0] == pytest.approx(skew_days * 86_400_000, abs=10_000)


async def test_values_dated_after_their_publishing_show_the_skew_of_another_clock() -> None:
    raw = message(1, 1.0, published=AT - dt.timedelta(days=1))
    seen = await stream(Server(raw), lambda n: bool(n.skews))
    expected = (AT - dt.datetime.now(dt.UTC)) / dt.timedelta(milliseconds=1)
    assert seen.skews[0] == pytest.approx(expected, abs=10_000)


async def test_a_closed_subscription_is_a_lost_device() -> None:
    answer = ua.PublishResponse()
    answer.Parameters.SubscriptionId = ID
    answer.Parameters.NotificationMessage.SequenceNumber = 1
    gone = ua.StatusChangeNotification(Status=ua.StatusCode(ua.UInt32(ua.StatusCodes.BadTimeout)))
    answer.Parameters.NotificationMessage.NotificationData = [gone]
    with pytest.raises(DeviceLost, match="subscription lost: BadTimeout"):
        await stream(Server(struct_to_binary(answer)), lambda n: False)


async def test_a_refused_publish_is_a_lost_device() -> None:
    with pytest.raises(DeviceLost, match="subscription lost: BadSessionIdInvalid"):
        await stream(Server(message(1, 1.0), uaerrors.BadSessionIdInvalid()), lambda n: False)


async def test_a_server_that_takes_one_request_at_a_time_is_served_by_one() -> None:
    refusals = [uaerrors.BadTooManyPublishRequests() for _ in range(running.OUTSTANDING - 1)]
    seen = await stream(Server(*refusals, message(1, 1.0), message(2, 2.0)), lambda n: len(n.values) == 2)
    assert seen.values == [1.0, 2.0]
    with pytest.raises(DeviceLost, match="no publish request"):
        await stream(Server(*refusals, uaerrors.BadTooManyPublishRequests()), lambda n: False)


async def test_no_answer_for_three_keep_alives_is_frozen() -> None:
    with pytest.raises(DeviceLost, match="frozen: no answer"):
        await stream(Server(message(1, 1.0)), lambda n: False, keep_alive_s=0.1)


async def test_values_that_are_newer_than_what_was_published_are_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "PROBE_AFTER_S", 0.2)
    server = Server(message(1, 1.0))
    server.times = [AT, None]
    quiet = asyncio.create_task(stream(server, lambda n: False, keep_alive_s=1.0))
    await asyncio.sleep(1.2)
    assert not quiet.done(), "a static device is not frozen"
    server.times = [AT + dt.timedelta(seconds=5), None]
    with pytest.raises(DeviceLost, match=r"frozen: S10.PL1.CELL001.VOLT has newer values"):
        await quiet
