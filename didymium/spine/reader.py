"""Reads an edge's stream at the centre, strictly in order, from a position that the caller keeps.

The stream stays at the edge; its JetStream domain is reached through the hub, over a leaf node when the edge stands
at another site. The reader follows with a consumer that acknowledges nothing: its position is the caller's, committed
with the rows. Measured against asking for ranges (direct get), the consumer cost two thirds of the CPU, and it is
told of new messages instead of asking. Idle heartbeats show a link or server that went away without a word; then the
reader begins a new session with a new consumer at the next sequence.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from dataclasses import dataclass
from typing import Final

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import api
from nats.js.errors import APIError

from didymium.model.device import EdgeState
from didymium.model.readings import Readings
from didymium.spine import batch, subjects
from didymium.spine.connection import CONNECTION_ERRORS, RETRY_S, close, connect_forever
from didymium.spine.errors import CorruptBatch, RangeLost, StreamRewound

LOG: Final = logging.getLogger(__name__)

WINDOW: Final = 256
"""Messages asked for ahead of the caller."""
REQUEST_LIMIT_S: Final = 60.0
HEARTBEAT_S: Final = 1.0
SILENT_LIMIT_S: Final = 3.5
"""Without a message or heartbeat for this long the session is given up."""
API_LIMIT_S: Final = 2.0
CONSUMER_LIFE_S: Final = 30.0

_STATE: Final = msgspec.json.Decoder(EdgeState)


@dataclass(frozen=True, slots=True)
class Lost:
    """Sequences ``first`` to ``last`` are not in the stream any more: removed before they were read here."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Corrupt:
    """A message that is not what was published: counted and passed over, kept in no store."""

    fault: str
    detail: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message: ``site`` is empty unless ``content`` is readings; ``received_us`` is when the edge had it."""

    seq: int
    site: str
    received_us: int
    content: Readings | EdgeState | Corrupt | Lost


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the reader is behind: messages not yet pulled, and the stream's size at the edge."""

    messages: int
    stream_messages: int
    stream_bytes: int


class _SessionOver(Exception):
    pass


class Reader:
    """One per edge. Run ``run()`` as a task and call ``pull`` from one other task.

    ``trouble`` is empty while the edge's stream answers and says why it does not otherwise.
    """

    def __init__(self, url: str, edge: str, domain: str, start_seq: int) -> None:
        self.edge = edge
        self.next_seq = start_seq
        """Sequence that the next ``pull`` begins with; 0 means the stream's first."""
        self.trouble = "not connected yet"
        self._url = url
        self._prefix = f"$JS.{subjects.token(domain)}.API"
        self._stream = subjects.stream(edge)
        self._client: Client | None = None
        self._queue: deque[tuple[int, Msg | Lost]] = deque()
        self._queued_seq = start_seq  # the next sequence to enter the queue
        self._asked = 0
        self._next_request: str = ""
        self._inbox = ""
        self._heard_s = 0.0
        self._wake = asyncio.Event()
        self._over = asyncio.Event()
        self._first_of_session = True
        self._rewound: StreamRewound | None = None

    async def run(self) -> None:
        """Follow the stream until cancelled, one session after the other.

        Raises ``StreamRewound`` (also from ``pull``): going on would give rows a position that other rows have.
        """
        while True:
            client = await connect_forever(self._url, f"reader of {self.edge}", self._over.set)
            try:
                await self._serve(client)
            except _SessionOver as over:
                self._say(str(over))
            except APIError as error:
                self._say(f"edge unreachable: {error.description or 'its stream does not answer'}")
            except CONNECTION_ERRORS as error:
                self._say(f"edge unreachable: {error or type(error).__name__}")
            except StreamRewound as error:
                self._rewound = error
                self._wake.set()
                raise
            finally:
                self._client = None
                await close(client)
            await asyncio.sleep(RETRY_S)

    async def pull(self, limit: int, wait_s: float) -> list[Delivery]:
        """Return up to ``limit`` deliveries in stream order, as soon as there is one; none after ``wait_s``.

        ``Lost`` comes alone, so that the sequences of any other answer have no hole.
        """
        if not self._queue:
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), wait_s)
            except TimeoutError:
                return []
        if self._rewound is not None:
            raise self._rewound
        deliveries: list[Delivery] = []
        while self._queue and len(deliveries) < limit:
            seq, message = self._queue.popleft()
            if isinstance(message, Lost):
                if deliveries:
                    self._queue.appendleft((seq, message))
                else:
                    deliveries.append(Delivery(seq, "", 0, message))
                break
            deliveries.append(_delivery(seq, message))
        self.next_seq = deliveries[-1].seq + 1
        await self._ask()
        return deliveries

    async def pull_exact(self, first: int, last: int) -> list[Delivery]:
        """Return the messages ``first`` to ``last`` again, waiting as long as the edge is unreachable.

        Raises
        ------
        RangeLost
            One of them is gone, so that a write that was begun with them cannot be repeated.
        """
        while True:
            over = asyncio.Event()
            client = await connect_forever(self._url, f"reader of {self.edge}", over.set)
            try:
                return await self._range(client, first, last)
            except (*CONNECTION_ERRORS, _SessionOver) as error:
                self._say(f"edge unreachable: {error or type(error).__name__}")
            finally:
                await close(client)
            await asyncio.sleep(RETRY_S)

    async def lag(self) -> Lag | None:
        """Return how far this reader is behind the stream, or None when the edge does not answer."""
        if self._client is None:
            return None
        try:
            info = await self._stream_info(self._client)
        except (APIError, *CONNECTION_ERRORS):
            return None
        state = info.state
        behind = state.last_seq + 1 - max(self.next_seq, state.first_seq)
        return Lag(max(0, behind), state.messages, state.bytes)

    async def _stream_info(self, client: Client) -> api.StreamInfo:
        return await client.jsm(prefix=self._prefix, timeout=API_LIMIT_S).stream_info(self._stream)

    async def _serve(self, client: Client) -> None:
        self._over.clear()
        info = await self._stream_info(client)
        if self._queued_seq > info.state.last_seq + 1:
            raise StreamRewound(self.edge, self._queued_seq, info.state.last_seq)
        consumer = await client.jsm(prefix=self._prefix, timeout=API_LIMIT_S).add_consumer(
            self._stream,
            api.ConsumerConfig(
                deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=max(1, self._queued_seq),
                ack_policy=api.AckPolicy.NONE,
                replay_policy=api.ReplayPolicy.INSTANT,
                inactive_threshold=CONSUMER_LIFE_S,
                mem_storage=True,
                num_replicas=1,
            ),
        )
        self._first_of_session = True
        self._inbox = client.new_inbox()
        self._next_request = f"{self._prefix}.CONSUMER.MSG.NEXT.{self._stream}.{consumer.name}"

        async def take(message: Msg) -> None:
            if client is self._client:
                await self._take(message)

        await client.subscribe(self._inbox, cb=take, pending_msgs_limit=0, pending_bytes_limit=0)
        self._asked = 0
        self._heard_s = time.monotonic()
        self._client = client
        await self._ask()
        self._say("")
        while not self._over.is_set():
            try:
                await asyncio.wait_for(self._over.wait(), HEARTBEAT_S)
            except TimeoutError:
                waiting_for_caller = self._asked == 0
                if not waiting_for_caller and time.monotonic() - self._heard_s > SILENT_LIMIT_S:
                    raise _SessionOver("edge unreachable: its stream is silent") from None
        raise _SessionOver("spine lost: connection closed" if client.is_closed else "consumer lost")

    async def _ask(self) -> None:
        """Keep between half a window and a whole one under way, counting what the caller has not taken."""
        client = self._client
        room = WINDOW - len(self._queue) - self._asked
        if client is None or room < WINDOW // 2:
            return
        request = {
            "batch": room,
            "expires": int(REQUEST_LIMIT_S * 1e9),
            "idle_heartbeat": int(HEARTBEAT_S * 1e9),
        }
        if self._asked == 0:
            self._heard_s = time.monotonic()
        self._asked += room
        try:
            await client.publish(self._next_request, json.dumps(request).encode(), self._inbox)
        except CONNECTION_ERRORS:
            self._over.set()

    async def _take(self, message: Msg) -> None:
        self._heard_s = time.monotonic()
        status = message.headers.get(api.Header.STATUS) if message.headers and not message.data else None
        if status is not None:
            await self._take_status(status, message)
            return
        seq = message.metadata.sequence.stream
        self._asked = max(0, self._asked - 1)
        if seq < self._queued_seq:
            return
        if seq > self._queued_seq > 0:
            # Only a consumer's very first message proves a gap: it was asked for from the next sequence on.
            if not self._first_of_session:
                self._over.set()
                return
            LOG.error("edge %s: sequences %d-%d were removed unread", self.edge, self._queued_seq, seq - 1)
            self._queue.append((seq - 1, Lost(self._queued_seq, seq - 1)))
        self._first_of_session = False
        self._queue.append((seq, message))
        self._queued_seq = seq + 1
        self._wake.set()

    async def _take_status(self, status: str, message: Msg) -> None:
        if status == "100":  # idle heartbeat
            return
        if status == "408":  # the request's time is over; what it did not use can be asked for again
            headers = message.headers or {}
            self._asked = max(0, self._asked - int(headers.get("Nats-Pending-Messages", self._asked)))
            await self._ask()
            return
        self._over.set()  # consumer deleted, leadership change, no responders

    def _say(self, trouble: str) -> None:
        if trouble == self.trouble:
            return
        if trouble:
            LOG.warning("reader of %s: %s", self.edge, trouble)
        else:
            LOG.info("reader of %s: follows from %d", self.edge, self._queued_seq)
        self.trouble = trouble

    async def _range(self, client: Client, first: int, last: int) -> list[Delivery]:
        arrived: asyncio.Queue[Msg] = asyncio.Queue()

        async def take(message: Msg) -> None:
            arrived.put_nowait(message)

        inbox = client.new_inbox()
        await client.subscribe(inbox, cb=take, pending_msgs_limit=0, pending_bytes_limit=0)
        found: list[Delivery] = []
        following = first
        while following <= last:
            request = {"seq": following, "batch": min(WINDOW, last + 1 - following)}
            await client.publish(f"{self._prefix}.DIRECT.GET.{self._stream}", json.dumps(request).encode(), inbox)
            while following <= last:
                message = await asyncio.wait_for(arrived.get(), API_LIMIT_S)
                headers = message.headers or {}
                status = headers.get(api.Header.STATUS)
                if status == "204":  # end of this batch
                    break
                if status == "404":
                    raise RangeLost(self.edge, first, last, following)
                if status is not None:
                    raise _SessionOver(f"its stream answers {status}")
                seq = int(headers["Nats-Sequence"])
                if seq != following:
                    raise RangeLost(self.edge, first, last, following)
                found.append(_delivery(seq, message, headers["Nats-Subject"]))
                following += 1
        return found


def _delivery(seq: int, message: Msg, subject: str = "") -> Delivery:
    headers = message.headers or {}
    parts = (subject or message.subject).split(".")
    received = headers.get(subjects.RECEIVED, "")
    received_us = int(received) if received.isdigit() else 0
    expected = headers.get(subjects.CHECKSUM, "")
    site = parts[3] if len(parts) == 4 and parts[2] == "readings" else ""
    content: Readings | EdgeState | Corrupt
    try:
        if site:
            count = headers.get(subjects.COUNT, "")
            content = batch.decode(message.data, expected, int(count) if count.isdigit() else None)
        else:
            content = _state(message.data, expected)
    except CorruptBatch as error:
        LOG.warning("sequence %d on %s: %s", seq, ".".join(parts), error)
        content = Corrupt(error.fault, error.detail)
    return Delivery(seq, site, received_us, content)


def _state(data: bytes, expected_checksum: str) -> EdgeState:
    found = batch.checksum(data)
    if found != expected_checksum:
        raise CorruptBatch("checksum", f"state sums to {found}, published as {expected_checksum or 'nothing'}")
    try:
        return _STATE.decode(data)
    except msgspec.DecodeError as error:
        raise CorruptBatch("schema", f"state: {error}") from error
