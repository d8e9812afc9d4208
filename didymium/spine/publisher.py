"""Puts an edge's batches on its stream: each once, in the order given, acknowledged only when on disk.

Many messages are under way at once, so that a slow disk or line costs no throughput. What keeps their order: every
message names the sequence that must be the stream's last when it is stored (``Nats-Expected-Last-Sequence``). When one
is lost, its followers are refused instead of overtaking it. After any trouble the publisher opens a new connection,
asks the stream for its last message, counts what that message's id shows to be stored as acknowledged, and sends the
rest again from there. A copy that was still on its way from the old connection is refused by the same header, however
late it comes; the server's two-minute window of ids is never relied on. The stream has one writer, so a second one
(an old process not yet dead) is fenced off in the same way.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from dataclasses import dataclass
from typing import Final

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import api
from nats.js.errors import APIError, NotFoundError

from didymium.model.device import EdgeState
from didymium.model.readings import Readings
from didymium.spine import batch, subjects
from didymium.spine.config import MAX_PAYLOAD_BYTES
from didymium.spine.connection import CONNECTION_ERRORS, RETRY_S, close, connect_forever

LOG: Final = logging.getLogger(__name__)

WINDOW: Final = 64
"""Messages accepted and not yet acknowledged; ``publish`` waits for room beyond it."""
ACK_LIMIT_S: Final = 5.0
API_LIMIT_S: Final = 3.0
DUPLICATES_WINDOW_S: Final = 120.0
FULL_RETRY_S: Final = 1.0

# Error codes of the JetStream API: github.com/nats-io/nats-server, server/errors.json
_FULL_CODES: Final = frozenset({10023, 10047, 10077})  # resources, storage, store failed: maximum bytes exceeded


class _Ack(msgspec.Struct):
    seq: int = 0
    error: _AckError | None = None


class _AckError(msgspec.Struct):
    err_code: int = 0
    description: str = ""


_ACK: Final = msgspec.json.Decoder(_Ack)


@dataclass(slots=True)
class _Message:
    number: int
    subject: str
    payload: bytes
    headers: dict[str, str]
    stored: asyncio.Future[int]
    sent_s: float = 0.0


class _SessionOver(Exception):
    """This connection is of no more use; ``wait_s`` before the next."""

    def __init__(self, trouble: str, wait_s: float = 0.0) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.wait_s = wait_s


class Publisher:
    """One per edge. Run ``run()`` as a task; ``publish`` returns the stream sequence once the batch is on disk.

    ``epoch`` must grow with each start of the edge: its start time in µs. ``trouble`` is empty while all is well and
    says why nothing is acknowledged otherwise. Calls are stored in the order in which they were made.
    """

    def __init__(self, url: str, edge: str, epoch: int, stream_bytes: int) -> None:
        self.edge = edge
        self.trouble = "not connected yet"
        self.last_acked_seq = 0
        self._url = url
        self._epoch = epoch
        self._stream_bytes = stream_bytes
        self._next_number = 1
        self._messages: deque[_Message] = deque()  # in order; the first `_sent` of them are under way
        self._sent = 0
        self._room = asyncio.Semaphore(WINDOW)
        self._wake = asyncio.Event()
        self._over: _SessionOver | None = None
        self._session = 0
        self._next_seq = 0  # the sequence that the next message to be sent will get

    @property
    def unacked(self) -> int:
        """Messages accepted and not yet known to be on disk."""
        return len(self._messages)

    async def publish(self, site: str, readings: Readings, received_us: int) -> int:
        """Return the sequence under which the stream keeps the batch, when it is on disk.

        Raises ``ValueError`` when the batch is larger than one message may be.
        """
        payload = batch.encode(readings)
        if len(payload) > MAX_PAYLOAD_BYTES - 1024:
            raise ValueError(f"{len(readings)} readings make {len(payload)} bytes, more than one message may have")
        headers = {
            subjects.CHECKSUM: batch.checksum(payload),
            subjects.COUNT: str(len(readings)),
            subjects.RECEIVED: str(received_us),
        }
        return await self._put(subjects.readings(self.edge, site), payload, headers)

    async def publish_state(self, state: EdgeState) -> int:
        """Return the sequence under which the stream keeps the state."""
        payload = msgspec.json.encode(state)
        headers = {subjects.CHECKSUM: batch.checksum(payload), subjects.RECEIVED: str(state.time_us)}
        return await self._put(subjects.state(self.edge), payload, headers)

    async def drain(self) -> None:
        """Return when everything accepted so far is on disk."""
        if self._messages:
            await asyncio.wait([self._messages[-1].stored])

    async def run(self) -> None:
        """Serve until cancelled: one connection after the other, for ever."""
        while True:
            client = await connect_forever(self._url, f"edge {self.edge} publisher", self._lost)
            wait_s = RETRY_S
            try:
                await self._serve(client)
            except _SessionOver as over:
                self._say(over.trouble)
                wait_s = over.wait_s
            except APIError as error:
                full = error.err_code in _FULL_CODES
                self._say(f"spine full: {error.description}" if full else f"spine refuses: {error.description}")
                wait_s = FULL_RETRY_S
            except CONNECTION_ERRORS as error:
                self._say(f"spine lost: {error}")
            finally:
                self._session += 1
                await close(client)
            await asyncio.sleep(wait_s)

    async def _put(self, subject: str, payload: bytes, headers: dict[str, str]) -> int:
        await self._room.acquire()
        headers[subjects.MSG_ID] = subjects.message_id(self.edge, self._epoch, self._next_number)
        message = _Message(self._next_number, subject, payload, headers, asyncio.get_running_loop().create_future())
        self._next_number += 1
        self._messages.append(message)
        self._wake.set()
        return await message.stored

    async def _serve(self, client: Client) -> None:
        self._over = None
        self._sent = 0
        session = self._session
        inbox = client.new_inbox()

        async def acked(message: Msg) -> None:
            if session == self._session:
                self._take_ack(message)

        await client.subscribe(f"{inbox}.*", cb=acked)
        await self._look(client)
        if self.trouble:
            self._say("")
        while True:
            self._wake.clear()
            while self._sent < len(self._messages) and self._over is None:
                message = self._messages[self._sent]
                message.headers[subjects.EXPECTED_LAST_SEQ] = str(self._next_seq - 1)
                message.sent_s = time.monotonic()
                self._sent += 1
                self._next_seq += 1
                await client.publish(message.subject, message.payload, f"{inbox}.{message.number}", message.headers)
            if self._over is not None:
                raise self._over
            try:
                await asyncio.wait_for(self._wake.wait(), 1.0)
            except TimeoutError:
                if self._sent and time.monotonic() - self._messages[0].sent_s > ACK_LIMIT_S:
                    raise _SessionOver(f"spine silent: no acknowledgement for {ACK_LIMIT_S:g} s") from None

    async def _look(self, client: Client) -> None:
        """Make the stream if need be, and learn from its last message what is already stored."""
        jetstream = client.jetstream(timeout=API_LIMIT_S)
        info = await _ensure_stream(client, self.edge, self._stream_bytes)
        last_seq: int = info.state.last_seq
        self._next_seq = last_seq + 1
        if not self._messages or not info.state.messages:
            return
        try:
            last = await jetstream.get_msg(subjects.stream(self.edge), seq=last_seq)
        except NotFoundError:
            return  # the last message was removed; what is not acknowledged is never removed, so it is not ours
        number = subjects.number_of((last.headers or {}).get(subjects.MSG_ID, ""), self.edge, self._epoch)
        if number is not None:
            while self._messages and self._messages[0].number <= number:
                self._settle(last_seq - (number - self._messages[0].number))

    def _take_ack(self, message: Msg) -> None:
        ack = _ACK.decode(message.data) if message.data else _Ack(error=_AckError(0, "no stream answers"))
        if ack.error is not None:
            if ack.error.err_code in _FULL_CODES:
                self._end(_SessionOver(f"spine full: {ack.error.description}", FULL_RETRY_S))
            else:
                self._end(_SessionOver(f"spine refuses: {ack.error.description}", RETRY_S))
            return
        number = int(message.subject.rsplit(".", 1)[1])
        # The order on the stream is the order of numbers: this one stored means that all before it are.
        while self._messages and self._messages[0].number <= number:
            self._settle(ack.seq - (number - self._messages[0].number))

    def _settle(self, seq: int) -> None:
        message = self._messages.popleft()
        self._sent = max(0, self._sent - 1)
        self._room.release()
        self.last_acked_seq = seq
        if not message.stored.done():  # its caller may have been cancelled
            message.stored.set_result(seq)

    def _lost(self) -> None:
        self._end(_SessionOver("spine lost: connection closed", RETRY_S))

    def _end(self, over: _SessionOver) -> None:
        if self._over is None:
            self._over = over
        self._wake.set()

    def _say(self, trouble: str) -> None:
        if trouble == self.trouble:
            return
        if trouble:
            LOG.warning("edge %s: %s; %d messages wait", self.edge, trouble, self.unacked)
        elif self.trouble:
            LOG.info("edge %s: spine takes messages", self.edge)
        self.trouble = trouble


async def _ensure_stream(client: Client, edge: str, stream_bytes: int) -> api.StreamInfo:
    """Return the edge's stream, made or adjusted as configured.

    A new stream begins at the present time in ms, so that the sequences of a stream that was wiped are never given
    a second time: fewer than 1,000 messages a second are stored over its life. It refuses new messages when full,
    rather than forget old ones.
    """
    jetstream = client.jetstream(timeout=API_LIMIT_S)
    config = api.StreamConfig(
        name=subjects.stream(edge),
        subjects=subjects.stream_subjects(edge),
        retention=api.RetentionPolicy.LIMITS,
        storage=api.StorageType.FILE,
        discard=api.DiscardPolicy.NEW,
        max_bytes=stream_bytes,
        max_msg_size=MAX_PAYLOAD_BYTES,
        duplicate_window=DUPLICATES_WINDOW_S,
        num_replicas=1,
        allow_direct=True,
    )
    try:
        info = await jetstream.stream_info(subjects.stream(edge))
    except NotFoundError:
        info = await jetstream.add_stream(config.evolve(first_seq=time.time_ns() // 1_000_000))
    else:
        if info.config.max_bytes != stream_bytes:
            info = await jetstream.update_stream(config.evolve(first_seq=info.config.first_seq))
    return info
