"""One Sparkplug edge node as the host application sees it: births, order, data, deaths.

Messages and the time go in, readings and trouble come out through the line's sink; the only other thing that a node
wants is a rebirth, which ``rebirth_due`` says. Nothing here knows of MQTT, so a recorded day replays.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final, NamedTuple

from google.protobuf.message import DecodeError

from didymium.acquire.causes import Cause
from didymium.acquire.points import Points
from didymium.acquire.sink import Sink
from didymium.acquire.sparkplug import metrics, wire
from didymium.acquire.sparkplug.metrics import Announced
from didymium.model.readings import Readings
from didymium.model.sparkplug import BDSEQ, SEQ_COUNT, US_PER_MS, MessageType, Payload

NODE: Final = 0
"""Number of the node's own metrics among its devices."""
REMEMBERED: Final = 16
"""Messages whose likeness is kept, to know a repetition from a jump."""
HELD_LIMIT: Final = 128
"""Messages that wait for a missing one; with more than these it is given up at once."""
REBIRTH_GAP_US: Final = 5_000_000
REBIRTH_GAP_LIMIT_US: Final = 60_000_000
CENSUS_US: Final = 5_000_000
"""So long after its birth a node has had time for all its devices'."""
SKEW_WINDOW: Final = 8
NAMED_LIMIT: Final = 5

UNKNOWN_METRIC: Final = "unknown metric"
MISSING_METRIC: Final = "missing in birth"
NO_TIMESTAMP: Final = "no timestamp"
STALE_DEATH: Final = "death of an old session"
DEATH_WITHOUT_BIRTH: Final = "death without birth"
DEVICE_DEATH: Final = "device death"


class Message(NamedTuple):
    """One message of the node: ``device`` is None when it is the node's own; ``outside`` as the walk sees it."""

    kind: MessageType
    device: str | None
    payload: bytes
    received_us: int
    outside: wire.Frame

    def likeness(self) -> tuple[Any, ...]:
        """Equal for two deliveries of one message."""
        return self.outside.seq, self.outside.time_ms, self.kind, self.device, len(self.payload), self.payload[-32:]


class EdgeNode:
    """The state of one edge node; ``points`` are the line's tags and ``reorder_us`` the wait for a missing seq.

    Tags are found by address: a device's metric is ``<device>/<metric name>``, the node's own is its metric name.
    """

    def __init__(self, points: Points, sink: Sink, reorder_us: int) -> None:
        self._points = points
        self._sink = sink
        self._reorder_us = reorder_us
        self._born = False
        self._bd_seq: int | None = None
        self._expected: int | None = None
        self._held: dict[int, Message] = {}
        self._seen: deque[tuple[Any, ...]] = deque(maxlen=REMEMBERED)
        self._device: dict[str | None, int] = {}
        self._numbers = 1
        self._births: dict[int, list[Announced]] = {}
        self._names: dict[int, dict[str, Announced]] = {}
        self._table = metrics.table({})
        self._census_us: int | None = None
        self._reported: dict[str, frozenset[str]] = {}
        self._skews_ms: deque[float] = deque(maxlen=SKEW_WINDOW)
        self._wish = ""
        self._asked_us = -REBIRTH_GAP_LIMIT_US
        self._gap_us = REBIRTH_GAP_US

    @property
    def born(self) -> bool:
        """Whether the node is alive and said what it has."""
        return self._born

    def want_rebirth(self, reason: str) -> None:
        """Let the node be asked to say anew what it has."""
        self._wish = self._wish or reason

    def rebirth_due(self, now_us: int) -> str:
        """Return why the node is to be asked for a rebirth now, or '' . Unanswered, it is asked ever more rarely."""
        if not self._wish or now_us < self._asked_us + self._gap_us:
            return ""
        reason, self._wish = self._wish, ""
        if self._asked_us > 0:
            self._gap_us = min(2 * self._gap_us, REBIRTH_GAP_LIMIT_US)
        self._asked_us = now_us
        return reason

    def take(self, kind: MessageType, device: str | None, payload: bytes, now_us: int) -> None:
        """Take one message of this node. Nothing that a node can send makes this raise."""
        if kind in (MessageType.NCMD, MessageType.DCMD):
            return
        outside = wire.frame(wire.view(payload))
        if isinstance(outside, int):
            self._malformed(kind, device, payload)
            return
        message = Message(kind, device, payload, now_us, outside)
        if kind is MessageType.NDEATH:
            self._node_death(message)
        elif kind is MessageType.NBIRTH:
            self._node_birth(message)
        elif not self._born:
            self._sink.discard(Cause.NO_BIRTH, outside.metrics, _named(kind, device))
            self.want_rebirth(Cause.NO_BIRTH)
        else:
            self._ordered(message)

    def tick(self, now_us: int) -> None:
        """Give up on messages that did not come in time, and see what no birth has announced."""
        if self._held and now_us >= min(m.received_us for m in self._held.values()) + self._reorder_us:
            self._give_up()
        if self._census_us is not None and now_us >= self._census_us:
            self._census_us = None
            present = {a.row for births in self._births.values() for a in births}
            absent = [self._points.addresses[i] for i in range(len(self._points)) if i not in present]
            self._report(MISSING_METRIC, absent)

    def _ordered(self, message: Message) -> None:
        """Deliver in the order of seq, which all messages after the NBIRTH share (§6.4.4)."""
        seq = message.outside.seq
        if not 0 <= seq < SEQ_COUNT:
            self._sink.discard(Cause.SEQUENCE, 1, f"{_named(message.kind, message.device)} has no seq")
            self._deliver(message)
            return
        likeness = message.likeness()
        if likeness in self._seen:
            self._sink.discard(Cause.DUPLICATE, message.outside.metrics, f"seq {seq} came twice")
            return
        self._seen.append(likeness)
        if seq in self._held or len(self._held) >= HELD_LIMIT:
            self._give_up()
        if self._expected is not None and seq != self._expected:
            self._held[seq] = message
            return
        self._advance(message)
        while self._expected in self._held:
            self._advance(self._held.pop(self._expected))

    def _advance(self, message: Message) -> None:
        self._expected = (message.outside.seq + 1) % SEQ_COUNT
        self._deliver(message)

    def _give_up(self) -> None:
        """Deliver what waits for a message that will not come; nothing good is lost, and the node is asked anew."""
        expected = 0 if self._expected is None else self._expected
        waiting = sorted(self._held.values(), key=lambda m: (m.outside.seq - expected) % SEQ_COUNT)
        self._held.clear()
        self._sink.discard(Cause.SEQUENCE, 1, f"seq {waiting[0].outside.seq} came, {expected} was due")
        self.want_rebirth(Cause.SEQUENCE)
        for message in waiting:
            self._advance(message)

    def _deliver(self, message: Message) -> None:
        if message.kind is MessageType.DBIRTH:
            self._device_birth(message)
        elif message.kind is MessageType.DDEATH:
            self._device_death(message)
        else:
            self._data(message)

    def _node_birth(self, message: Message) -> None:
        payload = self._decoded(message)
        if payload is None:
            return
        if not payload.metrics:
            self._malformed(message.kind, None, message.payload)
            return
        if self._held:
            self._give_up()
        seq = message.outside.seq
        self._expected = (seq + 1) % SEQ_COUNT if 0 <= seq < SEQ_COUNT else None
        self._seen.clear()
        self._bd_seq = _bd_seq(payload)
        self._device = {None: NODE}
        self._births.clear()
        self._names.clear()
        self._born = True
        self._wish, self._gap_us = "", REBIRTH_GAP_US
        self._census_us = message.received_us + CENSUS_US
        self._sink.up()
        self._announce(message, NODE, payload)

    def _device_birth(self, message: Message) -> None:
        payload = self._decoded(message)
        if payload is None:
            return
        number = self._device.get(message.device)
        if number is None:
            number = self._device[message.device] = self._numbers
            self._numbers += 1
        self._announce(message, number, payload)

    def _announce(self, message: Message, number: int, payload: Any) -> None:
        """Learn a birth's metrics, and take their values."""
        prefix = "" if message.device is None else f"{message.device}/"
        place = self._points.place
        births = metrics.announced(payload, lambda name: place.get(prefix + name))
        self._births[number] = births
        self._names[number] = {a.name: a for a in births}
        self._table = metrics.table(self._births)
        strangers = [prefix + a.name for a in births if a.row == wire.NOT_OURS and not metrics.own(a.name)]
        self._report(f"{UNKNOWN_METRIC}\n{prefix}", strangers)
        names = self._names[number]
        found = metrics.decode(
            payload, message.received_us, lambda m: (names[m.name].row, m.datatype) if m.name in names else None
        )
        self._readings(message, found)

    def _device_death(self, message: Message) -> None:
        number = self._device.pop(message.device, None)
        self._sink.discard(DEVICE_DEATH, 1, f"DDEATH {message.device}")
        if number is not None:
            del self._births[number], self._names[number]
            self._table = metrics.table(self._births)

    def _node_death(self, message: Message) -> None:
        payload = self._decoded(message)
        if payload is None:
            return
        bd_seq = _bd_seq(payload)
        if not self._born:
            self._sink.discard(DEATH_WITHOUT_BIRTH, 1, f"NDEATH with bdSeq {bd_seq}")
            return
        if self._bd_seq is not None and bd_seq is not None and bd_seq != self._bd_seq:
            self._sink.discard(STALE_DEATH, 1, f"NDEATH with bdSeq {bd_seq}, the node was born with {self._bd_seq}")
            return
        if self._held:
            self._give_up()
        self._born = False
        self._wish = ""
        self._census_us = None
        self._sink.down("death")

    def _data(self, message: Message) -> None:
        number = self._device.get(message.device)
        if number is None:
            self._sink.discard(Cause.NO_BIRTH, message.outside.metrics, _named(message.kind, message.device))
            self.want_rebirth(Cause.NO_BIRTH)
            return
        if message.outside.metrics == 0 and message.outside.seq == wire.NO_SEQ:
            self._malformed(message.kind, message.device, message.payload)
            return
        found = wire.walk(wire.view(message.payload), message.outside, message.received_us, number, self._table)
        if isinstance(found, int):
            payload = self._decoded(message)
            if payload is None:
                return
            found = metrics.decode(payload, message.received_us, lambda metric: self._place(number, metric))
        self._readings(message, found)

    def _place(self, number: int, metric: Any) -> metrics.Place | None:
        """Where a data metric belongs, by its name or else its alias."""
        if metric.name:
            born = self._names[number].get(metric.name)
            return None if born is None else (born.row, born.kind)
        if not metric.HasField("alias"):
            return None
        slot = int(self._table.alias.searchsorted(metric.alias))
        if slot >= len(self._table.alias) or self._table.alias[slot] != metric.alias:
            return None
        if self._table.device[slot] != number:
            return None
        return int(self._table.row[slot]), int(self._table.kind[slot])

    def _readings(self, message: Message, found: wire.Metrics) -> None:
        unknown, alias, mismatched, row, undated, undated_row, floats, historical = found.tally.tolist()
        if floats:
            narrow = found.narrow.nonzero()[0]
            found.value[narrow] = self._points.grid.snap_rows(found.value[narrow], found.row[narrow])
        if len(found.row):
            readings = Readings(self._points.ids[found.row], found.time_us, found.value, found.status, found.flags)
            self._sink.take(readings, message.received_us)
        else:
            self._sink.alive()
        if message.outside.time_ms != wire.NO_TIME and not historical:
            self._skews_ms.append(message.outside.time_ms - message.received_us / US_PER_MS)
            self._sink.skew(max(self._skews_ms))
        if unknown:
            where = _named(message.kind, message.device)
            self._sink.discard(Cause.UNKNOWN_ADDRESS, unknown, f"alias {alias} in {where}")
            self.want_rebirth("unknown alias")
        if mismatched:
            self._sink.discard(Cause.WRONG_TYPE, mismatched, f"{self._points.paths[row]} is not a number")
        if undated:
            self._sink.discard(NO_TIMESTAMP, undated, f"{self._points.paths[undated_row]} has neither time")

    def _decoded(self, message: Message) -> Any | None:
        try:
            return Payload.FromString(message.payload)
        except DecodeError:
            self._malformed(message.kind, message.device, message.payload)
            return None

    def _malformed(self, kind: MessageType, device: str | None, payload: bytes) -> None:
        example = f"{_named(kind, device)}, {len(payload)} bytes: {payload[:48].hex()}"
        self._sink.discard(Cause.MALFORMED, 1, example)

    def _report(self, key: str, names: list[str]) -> None:
        """Count names once per set of them, so that every rebirth does not count them again."""
        told = frozenset(names)
        if told and told != self._reported.get(key):
            more = f" and {len(names) - NAMED_LIMIT} more" if len(names) > NAMED_LIMIT else ""
            self._sink.discard(key.partition("\n")[0], len(names), ", ".join(names[:NAMED_LIMIT]) + more)
        self._reported[key] = told


def _named(kind: MessageType, device: str | None) -> str:
    return kind.value if device is None else f"{kind.value} of {device}"


def _bd_seq(payload: Any) -> int | None:
    for metric in payload.metrics:
        if metric.name == BDSEQ and metric.WhichOneof("value") in ("int_value", "long_value"):
            return int(metric.long_value or metric.int_value)
    return None
