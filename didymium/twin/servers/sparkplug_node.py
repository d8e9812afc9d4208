"""A site as a Sparkplug B 3.0 edge node: session with the broker, births, data once a second, store and forward.

Rules followed here, and where the standard leaves a choice:

- With a primary host configured, nothing is published before its STATE says online; when it says offline the node
  publishes NDEATH, disconnects and waits again (``phid-wait`` and ``phid-offline`` of the standard). Without one it
  publishes at once.
- A birth carries the newest second's values in place of that second's data, so that no second is told twice. A
  rebirth request is answered at the next second, and until then nothing is sent.
- Seconds that could not be sent are kept, at most ``KEPT_S``, and follow the birth as ``is_historical`` with their
  own time. Data are QoS 0, so what was sent since the broker's last sign of life, ``REPLAY_S`` at least, is sent
  again after a lost session: better twice than never.
- ``bdSeq`` begins at the second of the start, modulo 256, so that a restarted node does not repeat the number of the
  session whose will may still be on its way.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from typing import Final
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError

from didymium.model.plant import Complex, Site
from didymium.model.sparkplug import REBIRTH, SEQ_COUNT, BadState, HostState, MessageType, Topic, state_topic
from didymium.twin.servers import sparkplug_payloads as payloads
from didymium.twin.servers.moment import US_PER_S, Moment
from didymium.twin.servers.mqtt_link import KEEPALIVE_S, LinkLost, MqttLink

log = logging.getLogger(__name__)

KEPT_S: Final = 300
REPLAY_S: Final = 3.0
DOUBTFUL_S_MAX: Final = 3.0 * KEEPALIVE_S
"""A broker silent for longer has been given up by then."""
HISTORY_S_PER_TICK: Final = 20
RETRY_S: Final = (0.5, 1.5)
MQTT_PORT: Final = 1883


class EdgeNode:
    """One site. ``start``, then ``take`` each second; ``stop`` says the deaths and disconnects."""

    def __init__(self, plant: Complex, site: Site, *, group: str, primary_host: str | None) -> None:
        self.site = site
        self._full = False
        self._plant = plant
        self._group = group
        self._host = primary_host
        self._state_topic = state_topic(primary_host) if primary_host else None
        self._groups = payloads.groups(plant, site)
        self._fresh: deque[Moment] = deque()
        self._stored: deque[Moment] = deque()
        self._sent: deque[tuple[float, Moment]] = deque()
        self._wake = asyncio.Event()
        self._bd_seq = int(time.time()) % SEQ_COUNT
        self._seq = 0
        self._born = False
        self._rebirth = False
        self._host_state: HostState | None = None
        address = urlsplit(site.connection.endpoint)
        self._address = address.hostname or "127.0.0.1", address.port or MQTT_PORT
        self._task: asyncio.Task[None] | None = None
        self._link: MqttLink | None = None
        self._line_up = asyncio.Event()
        self._line_up.set()

    async def start(self) -> None:
        """Begin to look for the broker."""
        self._task = asyncio.create_task(self._run(), name=f"edge node {self.site.id}")

    async def stop(self) -> None:
        """Publish the deaths where born, and disconnect."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def cut(self) -> None:
        """Lose the broker; seconds are kept as in any outage."""
        self._line_up.clear()
        if self._link is not None:
            self._link.cut()

    async def mend(self) -> None:
        self._line_up.set()

    def take(self, moment: Moment) -> None:
        """Queue one second for sending."""
        self._fresh.append(moment)
        if len(self._fresh) + len(self._stored) > KEPT_S:
            (self._stored or self._fresh).popleft()
            if not self._full:
                log.warning(
                    "%s: nobody listens; seconds older than %d s are forgotten from now on", self.site.id, KEPT_S
                )
            self._full = True
        self._wake.set()

    async def _run(self) -> None:
        """Hold a session with the broker, and a new one with the next bdSeq whenever it breaks."""
        told = ""
        while True:
            await self._line_up.wait()
            try:
                await self._session()
                told = ""
            except LinkLost as error:
                if str(error) != told:
                    log.warning("%s: %s; trying again", self.site.id, error)
                told = str(error)
            except Exception:
                log.exception("%s: the session failed; starting another", self.site.id)
            await asyncio.sleep(random.uniform(*RETRY_S))

    async def _session(self) -> None:
        self._born = self._rebirth = False
        self._host_state = None
        link = await MqttLink.open(
            *self._address,
            f"didymium-twin-{self._group}-{self.site.id}",
            will=(self._topic(MessageType.NDEATH), payloads.death(self._bd_seq, _now_us())),
            take=self._heard,
            on_lost=self._wake.set,
        )
        self._link = link
        if not self._line_up.is_set():  # it was cut while it was opened
            link.cut()
        ncmd = self._topic(MessageType.NCMD)
        try:
            await link.subscribe([ncmd] if self._state_topic is None else [ncmd, self._state_topic])
            while not link.lost:
                if self._born and not self._allowed():
                    self._forget_nothing(link)
                    self._goodbye(link)
                    return
                if self._fresh and self._allowed():
                    self._send(link)
                await self._wake.wait()
                self._wake.clear()
            self._forget_nothing(link)
            raise LinkLost("connection to the broker lost")
        except asyncio.CancelledError:
            if self._born and not link.lost:
                self._goodbye(link)
            raise
        finally:
            self._link = None
            self._bd_seq = (self._bd_seq + 1) % SEQ_COUNT
            if not link.lost:
                await link.close()

    def _heard(self, topic: str, payload: bytes) -> None:
        try:
            if topic == self._state_topic:
                said = HostState.parse(payload)
                # An older timestamp is the will of a session that has been replaced (§6.4.27).
                if self._host_state is None or said.timestamp_ms >= self._host_state.timestamp_ms:
                    self._host_state = said
            elif payloads.named_true(payload, (REBIRTH,)):
                self._rebirth = True
        except (BadState, DecodeError) as error:
            log.warning("%s: %s refused: %s", self.site.id, topic, error)
        self._wake.set()

    def _allowed(self) -> bool:
        return self._host is None or (self._host_state is not None and self._host_state.online)

    def _send(self, link: MqttLink) -> None:
        """Send what waits: births with the newest second when they are due, then live, then stored seconds."""
        if not self._born or self._rebirth:
            newest = self._fresh.pop()
            self._stored.extend(self._fresh)
            self._fresh.clear()
            self._births(link, newest)
        while self._fresh:
            self._data(link, self._fresh.popleft(), historical=False)
        self._full = False
        for _ in range(min(HISTORY_S_PER_TICK, len(self._stored))):
            self._data(link, self._stored.popleft(), historical=True)

    def _births(self, link: MqttLink, moment: Moment) -> None:
        self._seq = 0
        for group in self._groups:
            kind = MessageType.NBIRTH if group.device is None else MessageType.DBIRTH
            payload = payloads.birth(self._plant, group, moment, self._next_seq(), self._bd_seq)
            link.publish(self._topic(kind, group.device), payload)
        self._born, self._rebirth = True, False
        self._remember(moment)

    def _data(self, link: MqttLink, moment: Moment, *, historical: bool) -> None:
        for group in self._groups:
            kind = MessageType.NDATA if group.device is None else MessageType.DDATA
            payload = payloads.data(group, moment, self._next_seq(), historical=historical)
            link.publish(self._topic(kind, group.device), payload)
        self._remember(moment)

    def _goodbye(self, link: MqttLink) -> None:
        for group in self._groups:
            if group.device is not None:
                payload = payloads.device_death(self._next_seq(), _now_us())
                link.publish(self._topic(MessageType.DDEATH, group.device), payload)
        link.publish(self._topic(MessageType.NDEATH), payloads.death(self._bd_seq, _now_us()), qos=1)
        self._born = False

    def _remember(self, moment: Moment) -> None:
        now_s = time.monotonic()
        self._sent.append((now_s, moment))
        while self._sent[0][0] < now_s - DOUBTFUL_S_MAX:
            self._sent.popleft()

    def _forget_nothing(self, link: MqttLink) -> None:
        """Put back the seconds whose delivery is in doubt."""
        since_s = time.monotonic() - max(REPLAY_S, link.silent_s + 1.0)
        doubtful = [moment for sent_s, moment in self._sent if sent_s >= since_s]
        self._sent.clear()
        self._stored = deque(sorted([*doubtful, *self._stored], key=lambda moment: moment.time_us))

    def _topic(self, kind: MessageType, device: str | None = None) -> str:
        return str(Topic(kind, self._group, self.site.id, device))

    def _next_seq(self) -> int:
        seq = self._seq
        self._seq = (seq + 1) % SEQ_COUNT
        return seq


def _now_us() -> int:
    return time.time_ns() // 1000 // US_PER_S * US_PER_S
