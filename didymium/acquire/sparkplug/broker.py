"""One MQTT connection of the host application, with its STATE as birth and will (Sparkplug 3.0, §5.3 and §6.4.27)."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gmqtt
from gmqtt.mqtt.constants import MQTTv311
from gmqtt.mqtt.handler import MQTTConnectError

from didymium.acquire.errors import AccessRefused, DeviceLost, DeviceSilent, lost
from didymium.model.sparkplug import BadState, HostState, state_topic

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT_S: Final = 10.0
CLOSE_TIMEOUT_S: Final = 2.0
KEEP_ALIVE_S: Final = 10
NEVER: Final = -2
"""gmqtt's own reconnecting switched off: it tries while failures <= retries, and -1 means for ever."""
REFUSED: Final = 0x80
CREDENTIAL_CODES: Final = ("4", "5")

# gmqtt writes a traceback for each broken connection; the supervisor tells it in a line.
logging.getLogger("gmqtt").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how to get in. ``user`` is empty for anonymous; ``authority`` is a CA file for TLS."""

    host: str
    port: int
    tls: bool
    authority: Path | None
    user: str
    password: str


class BrokerSession:
    """A live connection. It ends with ``lost``; it never reconnects by itself, for each session needs its own will."""

    def __init__(self, client: gmqtt.Client) -> None:
        self._client = client
        self.lost = asyncio.Event()

    @classmethod
    async def open(
        cls,
        broker: Broker,
        name: str,
        filters: Mapping[str, int],
        take: Callable[[str, bytes], None],
        will: gmqtt.Message | None = None,
    ) -> BrokerSession:
        """Connect as ``name`` and some letters, and subscribe to ``filters`` (with their QoS). Raises ``DeviceLost``.

        ``take(topic, payload)`` is called on the loop.
        """
        client = gmqtt.Client(f"{name}-{uuid.uuid4().hex[:8]}", clean_session=True, will_message=will)
        client.set_config({"reconnect_retries": NEVER})
        if broker.user:
            client.set_auth_credentials(broker.user, broker.password)
        session = cls(client)
        granted: asyncio.Future[tuple[int, ...]] = asyncio.get_running_loop().create_future()

        def message(_client: Any, topic: str, payload: bytes, _qos: int, _properties: Any) -> int:
            try:
                take(topic, payload)
            except Exception:
                logger.exception("%s: message could not be taken", topic)
            return 0

        def subscribed(_client: Any, _mid: int, qos: tuple[int, ...], _properties: Any) -> None:
            if not granted.done():
                granted.set_result(qos)

        def disconnected(_client: Any, _packet: Any, _error: Any = None) -> None:
            session.lost.set()
            granted.cancel()

        client.on_message, client.on_subscribe, client.on_disconnect = message, subscribed, disconnected
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                tls = ssl.create_default_context(cafile=broker.authority) if broker.tls else False
                await client.connect(broker.host, broker.port, ssl=tls, keepalive=KEEP_ALIVE_S, version=MQTTv311)
                client.subscribe([gmqtt.Subscription(topic, qos=qos) for topic, qos in filters.items()])
                await asyncio.wait([granted])
                _check(granted)
        except (OSError, TimeoutError, DeviceLost, MQTTConnectError) as error:
            await session.close()
            raise _translated(error) from error
        except BaseException:
            await session.close()
            raise
        return session

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> None:
        """Hand over to the socket; nothing happens on a lost connection."""
        if not self.lost.is_set():
            self._client.publish(topic, payload, qos=qos, retain=retain)

    async def close(self) -> None:
        """Flush and disconnect, so that the broker drops the will."""
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._client.disconnect()


class HostSession:
    """A broker session of a host application, which says by its STATE that it is online."""

    def __init__(self, session: BrokerSession, topic: str, online_ms: int) -> None:
        self._session = session
        self._topic = topic
        self._online_ms = online_ms
        self.lost = session.lost
        self.publish = session.publish

    @classmethod
    async def open(
        cls, broker: Broker, host_id: str, filters: Sequence[str], take: Callable[[str, bytes], None]
    ) -> HostSession:
        """Connect, subscribe, then say that the host is online. Raises ``DeviceLost``."""
        # Will and birth carry one timestamp, by which nodes tell this session's death from an older one's.
        online_ms = time.time_ns() // 1_000_000
        topic = state_topic(host_id)
        made: list[HostSession] = []

        def heard(text: str, payload: bytes) -> None:
            if text != topic:
                take(text, payload)
            elif made:
                made[0]._hear_state(payload)

        will = gmqtt.Message(topic, HostState(False, online_ms).encode(), qos=1, retain=True)
        session = await BrokerSession.open(broker, host_id, {topic: 1} | dict.fromkeys(filters, 0), heard, will)
        made.append(cls(session, topic, online_ms))
        made[0]._say(online=True)
        return made[0]

    async def close(self) -> None:
        """Say that the host goes offline, and leave."""
        self._say(online=False)
        await self._session.close()

    def _say(self, *, online: bool) -> None:
        self.publish(self._topic, HostState(online, self._online_ms).encode(), qos=1, retain=True)

    def _hear_state(self, payload: bytes) -> None:
        """The will of an earlier session of ours may come late; nodes must not believe it."""
        try:
            said = HostState.parse(payload)
        except BadState:
            said = HostState(False, 0)
        if not said.online:
            logger.info("told offline by an older session, saying online again")
            self._say(online=True)


def _check(granted: asyncio.Future[tuple[int, ...]]) -> None:
    """Raises ``DeviceLost`` when the answer to our subscriptions is no, or will not come."""
    if granted.cancelled():
        raise DeviceLost("broker lost", "it closed the connection instead of answering")
    if any(qos >= REFUSED for qos in granted.result()):
        raise AccessRefused("the broker refuses a subscription")


def _translated(error: Exception) -> DeviceLost:
    if isinstance(error, DeviceLost):
        return error
    if isinstance(error, TimeoutError):
        return DeviceSilent("the broker does not answer")
    if isinstance(error, ssl.SSLError):
        return AccessRefused(f"TLS: {error}")
    if isinstance(error, OSError):
        return lost(error)
    refused = any(f"code {code} " in str(error) for code in CREDENTIAL_CODES)
    return AccessRefused(str(error)) if refused else DeviceLost("refused by broker", str(error))
