"""One MQTT 3.1.1 connection with a will. It never reconnects by itself: each Sparkplug session needs its own will."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any, Final

import gmqtt
from gmqtt.mqtt.constants import MQTTv311
from gmqtt.mqtt.handler import MQTTConnectError

CONNECT_TIMEOUT_S: Final = 5.0
KEEPALIVE_S: Final = 10
REFUSED: Final = 0x80
NEVER: Final = -2
"""gmqtt's own reconnecting switched off: it tries while failures <= retries, and -1 means for ever."""

# gmqtt writes a traceback for each broken connection; who holds the link tells it in a line.
logging.getLogger("gmqtt").setLevel(logging.CRITICAL)


class LinkLost(ConnectionError):
    """The broker refused the connection or it broke."""


class MqttLink:
    """An open connection; ``take(topic, payload)`` and ``on_lost()`` are called on the loop."""

    def __init__(self, client: gmqtt.Client) -> None:
        self._client = client
        self._granted: asyncio.Future[tuple[int, ...]] | None = None
        self.lost = False

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        client_id: str,
        *,
        will: tuple[str, bytes],
        take: Callable[[str, bytes], None],
        on_lost: Callable[[], None],
    ) -> MqttLink:
        """Connect with a clean session and a QoS 1 will. Raises ``LinkLost``."""
        topic, payload = will
        client = gmqtt.Client(client_id, clean_session=True, will_message=gmqtt.Message(topic, payload, qos=1))
        client.set_config({"reconnect_retries": NEVER})
        link = cls(client)

        def message(_client: Any, topic: str, payload: bytes, _qos: int, _properties: Any) -> int:
            take(topic, payload)
            return 0

        def subscribed(_client: Any, _mid: int, granted: tuple[int, ...], _properties: Any) -> None:
            if link._granted is not None and not link._granted.done():
                link._granted.set_result(granted)

        def disconnected(_client: Any, _packet: Any, _error: Any = None) -> None:
            link.lost = True
            if link._granted is not None:
                link._granted.cancel()
            on_lost()

        client.on_message, client.on_subscribe, client.on_disconnect = message, subscribed, disconnected
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await client.connect(host, port, keepalive=KEEPALIVE_S, version=MQTTv311)
        except (OSError, TimeoutError, MQTTConnectError) as error:
            raise LinkLost(f"{host}:{port}: {str(error) or type(error).__name__}") from error
        return link

    @property
    def silent_s(self) -> float:
        """How long ago the broker's last packet came; it answers a ping about every ``KEEPALIVE_S``."""
        return time.monotonic() - float(self._client._connection._last_data_in)

    async def subscribe(self, topics: list[str]) -> None:
        """Raises ``LinkLost`` when the broker refuses or does not answer."""
        self._granted = asyncio.get_running_loop().create_future()
        self._client.subscribe([gmqtt.Subscription(topic, qos=1) for topic in topics])
        done, _ = await asyncio.wait([self._granted], timeout=CONNECT_TIMEOUT_S)
        if not done or self._granted.cancelled():
            raise LinkLost("no answer to the subscription")
        if any(qos >= REFUSED for qos in self._granted.result()):
            raise LinkLost("the broker refuses the subscription")

    def publish(self, topic: str, payload: bytes, qos: int = 0) -> None:
        """Hand over to the socket; births and data are QoS 0 and never retained (Sparkplug 3.0, §6.4)."""
        self._client.publish(topic, payload, qos=qos)

    def cut(self) -> None:
        """Break the connection without a word, so that the broker publishes the will."""
        self._client._connection._transport.abort()

    async def close(self) -> None:
        """Flush and disconnect, so that the broker drops the will; a broker that hangs is left alone."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._client.disconnect()
