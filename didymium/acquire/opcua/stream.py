"""One OPC UA subscription as it runs: publish, acknowledge, ask again for what was missed, notice when it stops."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, Final, Protocol

import numpy as np
from asyncua import ua
from asyncua.ua import uaerrors

from didymium.acquire.causes import Cause
from didymium.acquire.errors import DeviceLost
from didymium.acquire.opcua import library, wire
from didymium.acquire.opcua.items import Monitored
from didymium.acquire.opcua.sequence import arrive
from didymium.acquire.opcua.session import Subscribed
from didymium.acquire.points import Points
from didymium.acquire.sink import Sink
from didymium.model.status import BAD

OUTSTANDING: Final = 3
"""Publish requests kept with the server, so that it never waits for one (Part 4, §5.14.5)."""
FROZEN_KEEP_ALIVES: Final = 3
"""Keep-alives that may fail to come before the subscription counts as frozen."""
PROBE_AFTER_S: Final = 10.0
"""Without a new value for so long, the device is asked whether it has newer ones than it published."""
PROBE_NODES: Final = 20
PROBE_SLACK_US: Final = 2_000_000
SKEW_WINDOW: Final = 8
SAME_CLOCK_US: Final = 2_000_000
EXAMPLE_BYTES: Final = 60
TYPE_CHANGE: Final = "type change"
LOST_MESSAGES: Final = "lost messages"


class Publisher(Protocol):
    """The part of a session that a running subscription needs; see ``session.Session``."""

    async def publish(self, subscription: int, acknowledged: Sequence[int]) -> bytes: ...

    async def republish(self, subscription: int, number: int) -> bytes: ...

    async def source_times(self, nodes: Sequence[ua.NodeId]) -> list[Any]: ...


class Stream:
    """One subscription from its first message to its end. ``nodes`` are the monitored ones by client handle."""

    def __init__(
        self,
        session: Publisher,
        made: Subscribed,
        points: Points,
        nodes: Sequence[tuple[int, ua.NodeId]],
        sink: Sink,
    ) -> None:
        self._session = session
        self._made = made
        self._points = points
        self._nodes = nodes
        self._sink = sink
        self._monitored = Monitored(points.ids, points.grid)
        self._expected = 1
        self._acknowledge: list[int] = []
        self._skews_ms: deque[float] = deque(maxlen=SKEW_WINDOW)
        self._heard_s = self._news_s = time.monotonic()
        self._pumps = OUTSTANDING

    async def run(self) -> None:
        """Stream until cancelled or lost."""
        tasks = [asyncio.create_task(self._pump()) for _ in range(OUTSTANDING)]
        tasks.append(asyncio.create_task(self._watch()))
        try:
            pending = set(tasks)
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _pump(self) -> None:
        while True:
            acknowledged, self._acknowledge = self._acknowledge, []
            try:
                raw = await self._session.publish(self._made.id, acknowledged)
            except uaerrors.BadTooManyPublishRequests:
                self._pumps -= 1
                if self._pumps > 0:
                    return
                raise DeviceLost("refused by server", "no publish request is accepted") from None
            except uaerrors.BadTimeout:
                continue
            except uaerrors.UaStatusCodeError as error:
                raise DeviceLost("subscription lost", type(error).__name__) from error
            received_us = time.time_ns() // 1000
            self._heard_s = time.monotonic()
            for number in self._take(raw, received_us):
                await self._again(number)

    async def _again(self, number: int) -> None:
        """Ask for one missed message again and take it."""
        try:
            raw = await self._session.republish(self._made.id, number)
        except uaerrors.UaStatusCodeError as error:
            self._sink.discard(LOST_MESSAGES, 1, f"message {number}: {type(error).__name__}")
            return
        buffer = wire.view(raw)
        head = wire.head(buffer)
        if isinstance(head, int) or head.type_id != wire.REPUBLISH_RESPONSE:
            self._malformed(raw)
            return
        self._acknowledge.append(number)
        self._notifications(raw, buffer, head, time.time_ns() // 1000)

    def _take(self, raw: bytes, received_us: int) -> tuple[int, ...]:
        """Take one Publish response; return the numbers of messages that went missing before it."""
        buffer = wire.view(raw)
        head = wire.head(buffer)
        decoded: list[wire.Items | int] | None = None
        if head == wire.UNUSUAL:
            try:
                head, decoded = library.decode_publish(raw)
            except library.DECODER_ERRORS:
                head = wire.TRUNCATED
        if isinstance(head, int) or head.type_id != wire.PUBLISH_RESPONSE:
            self._malformed(raw)
            return ()
        if head.subscription != self._made.id:
            return ()
        keep_alive = head.count == 0
        self._expected, arrival = arrive(self._expected, head.sequence, keep_alive)
        if arrival.missing:
            self._sink.discard(
                Cause.SEQUENCE,
                1,
                f"message {head.sequence} came before {arrival.missing[0]}, now asked for again",
            )
        if arrival.lost:
            self._sink.discard(LOST_MESSAGES, arrival.lost, f"{arrival.lost} messages before {arrival.missing[0]}")
        if keep_alive:
            self._sink.alive()
        else:
            self._acknowledge.append(head.sequence)
        if not arrival.fresh:
            return arrival.missing
        if decoded is None:
            self._notifications(raw, buffer, head, received_us)
        else:
            for part in decoded:
                if isinstance(part, int):
                    self._ended(part)
                else:
                    self._readings(part, head.published_us, received_us)
        return arrival.missing

    def _notifications(self, raw: bytes, buffer: wire.Bytes, head: wire.Head, received_us: int) -> None:
        """Take the notifications of one message; what cannot be read is counted and the next one goes on."""
        position = head.offset
        for _ in range(head.count):
            end, type_id, start = wire.notification(buffer, position)
            if end < 0:
                self._malformed(raw)
                return
            position = end
            if type_id == wire.STATUS_CHANGE:
                self._ended(int.from_bytes(raw[start : start + 4], "little"))
            if type_id != wire.DATA_CHANGE:
                continue
            items = wire.items(buffer, start, end)
            if items == wire.UNUSUAL:
                try:
                    items = library.decode_items(raw[start:end])
                except library.DECODER_ERRORS:
                    items = wire.TRUNCATED
            if isinstance(items, int):
                self._malformed(raw[start:end])
            else:
                self._readings(items, head.published_us, received_us)

    def _readings(self, items: wire.Items, published_us: int, received_us: int) -> None:
        taken = self._monitored.take(items, received_us)
        if len(taken.readings):
            self._news_s = self._heard_s
            self._sink.take(taken.readings, received_us)
        # Values wait for their publishing, the message's own time does not; values dated after it have another clock.
        ahead = taken.server_us - published_us > SAME_CLOCK_US
        self._skews_ms.append(((taken.server_us if ahead else published_us) - received_us) / 1000)
        self._sink.skew(max(self._skews_ms))
        if taken.unknown.count:
            handle = int(items.handle[taken.unknown.first])
            self._sink.discard(Cause.UNKNOWN_ADDRESS, taken.unknown.count, f"client handle {handle} is not ours")
        for cause, trouble in ((Cause.WRONG_TYPE, taken.not_number), (TYPE_CHANGE, taken.retyped)):
            if trouble.count:
                path = self._points.paths[int(items.handle[trouble.first])]
                kind = _type_name(int(items.kind[trouble.first]))
                self._sink.discard(cause, trouble.count, f"{path} came as {kind}")

    def _malformed(self, raw: bytes) -> None:
        head = raw[:EXAMPLE_BYTES].hex()
        self._sink.discard(Cause.MALFORMED, 1, f"{len(raw)} bytes: {head}")

    def _ended(self, status: int) -> None:
        """Raises ``DeviceLost`` when a StatusChangeNotification says that the subscription is over."""
        if status >= BAD:
            raise DeviceLost("subscription lost", ua.StatusCode(ua.UInt32(status)).name)

    async def _watch(self) -> None:
        """Raise ``DeviceLost`` when keep-alives stop, or when the device has values that it does not publish."""
        limit_s = max(FROZEN_KEEP_ALIVES * self._made.keep_alive_s, 1.0)
        while True:
            await asyncio.sleep(limit_s / 6)
            now_s = time.monotonic()
            if now_s - self._heard_s > limit_s:
                raise DeviceLost("frozen", f"no answer to publish requests for {limit_s:.1f} s")
            if now_s - self._news_s > PROBE_AFTER_S:
                await self._probe()
                self._news_s = time.monotonic()

    async def _probe(self) -> None:
        newest_us = self._monitored.newest_us.copy()
        handles = np.array([handle for handle, _ in self._nodes])
        freshest = np.argsort(newest_us[handles])[::-1][:PROBE_NODES]
        asked = [self._nodes[i] for i in freshest.tolist()]
        times = await self._session.source_times([node for _, node in asked])
        slack_us = PROBE_SLACK_US + self._made.publishing_ms * 1000
        for (handle, _), moment in zip(asked, times, strict=False):
            if moment is not None and library.us(moment) > max(newest_us[handle], 0) + slack_us:
                raise DeviceLost("frozen", f"{self._points.paths[handle]} has newer values than were published")


def _type_name(kind: int) -> str:
    name = ua.VariantType(kind & ~wire.ARRAY).name
    return f"array of {name}" if kind & wire.ARRAY else name
