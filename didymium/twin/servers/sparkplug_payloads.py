"""Sparkplug B payloads of one edge node: births by message class, data by one compiled pass.

Quality. A Sparkplug metric has no status field. A Good metric is sent bare. Any other carries the property
``Quality`` (0 BAD, 500 STALE: §6.4.20) and ``StatusCode`` with the whole OPC UA code; a Bad one is also
``is_null``, so that a host which reads no properties cannot take it for good. Uncertain is told as STALE, the nearer
of the two words that Sparkplug has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from didymium.model.plant import Area, Complex, Kind, Site
from didymium.model.sparkplug import BDSEQ, REBIRTH, US_PER_MS, DataType, Payload
from didymium.model.status import BAD, SEVERITY_SHIFT
from didymium.twin.servers.moment import Moment

NODE_AREA: Final = "COM"
"""The common block belongs to the node itself; every other area is a device."""
DATA_TYPE_OF: Final = {
    Kind.ANALOG: DataType.DOUBLE,
    Kind.COUNTER: DataType.DOUBLE,
    Kind.BOOL: DataType.BOOLEAN,
    Kind.ENUM: DataType.INT32,
    Kind.INT: DataType.INT32,
    Kind.BITS: DataType.INT64,
    Kind.ID: DataType.INT64,
}
QUALITY: Final = "Quality"
STATUS_CODE: Final = "StatusCode"
QUALITY_BAD: Final = 0
QUALITY_STALE: Final = 500
METRIC_BYTES_MAX: Final = 96
"""Bound of one encoded data metric: alias 6, time 8, flags 4, properties 45, value 12, and its own frame 2."""
PAYLOAD_BYTES_MAX: Final = 32

_INT32: Final = int(DataType.INT32)
_INT64: Final = int(DataType.INT64)
_BOOLEAN: Final = int(DataType.BOOLEAN)
_KEYS: Final = b"".join(bytes([0x0A, len(k)]) + k.encode() for k in (QUALITY, STATUS_CODE))
_KEYS_U8: Final = np.frombuffer(_KEYS, np.uint8)
_BAD: Final = np.uint32(BAD)


@dataclass(frozen=True, slots=True)
class Group:
    """The metrics of one birth: a device, or the node itself where ``device`` is None.

    ``row`` indexes the tag table; ``alias`` is unique in the edge node; ``kind`` holds Sparkplug data types.
    """

    device: str | None
    name: tuple[str, ...]
    row: NDArray[np.intp]
    alias: NDArray[np.uint32]
    kind: NDArray[np.uint8]
    buffer: NDArray[np.uint8]


def groups(plant: Complex, site: Site) -> list[Group]:
    """The node's own group first, then one per area. A tag's address is ``<area>/<metric name>``,
    and the metric name alone in the common block.
    """
    return [
        _group(plant, site, None if area.id == NODE_AREA else area.id, area)
        for area in sorted(site.areas, key=lambda area: area.id != NODE_AREA)
    ]


def _group(plant: Complex, site: Site, device: str | None, area: Area) -> Group:
    row = np.concatenate([np.arange(unit.first, unit.first + unit.count) for unit in area.units])
    addresses = [plant.tags.address[r] for r in row]
    name = tuple(addresses if device is None else (one.partition("/")[2] for one in addresses))
    kind = np.array([DATA_TYPE_OF[plant.tags.kind[r]] for r in row], np.uint8)
    alias = (row - site.first + 1).astype(np.uint32)
    buffer = np.empty(len(row) * METRIC_BYTES_MAX + PAYLOAD_BYTES_MAX, np.uint8)
    return Group(device, name, row, alias, kind, buffer)


def death(bd_seq: int, time_us: int) -> bytes:
    """Return an NDEATH, which is also the will; it carries no seq (§6.4.24)."""
    payload = Payload(timestamp=time_us // US_PER_MS)
    payload.metrics.add(name=BDSEQ, timestamp=time_us // US_PER_MS, datatype=DataType.INT64, long_value=bd_seq)
    return payload.SerializeToString()


def device_death(seq: int, time_us: int) -> bytes:
    return Payload(timestamp=time_us // US_PER_MS, seq=seq).SerializeToString()


def birth(plant: Complex, group: Group, moment: Moment, seq: int, bd_seq: int) -> bytes:
    """Return an NBIRTH or DBIRTH: names, aliases, types, values, engineering unit and range of every metric."""
    time_ms = moment.time_us // US_PER_MS
    payload = Payload(timestamp=time_ms, seq=seq)
    if group.device is None:
        payload.metrics.add(name=BDSEQ, timestamp=time_ms, datatype=DataType.INT64, long_value=bd_seq)
        payload.metrics.add(name=REBIRTH, timestamp=time_ms, datatype=DataType.BOOLEAN, boolean_value=False)
    value, status = moment.value[group.row].tolist(), moment.status[group.row].tolist()
    kinds, aliases = group.kind.tolist(), group.alias.tolist()
    for i, row in enumerate(group.row.tolist()):
        metric = payload.metrics.add(name=group.name[i], alias=aliases[i], timestamp=time_ms, datatype=kinds[i])
        _describe(metric, plant, row)
        _tell(metric, kinds[i], value[i], status[i])
    return payload.SerializeToString()


def _describe(metric: Any, plant: Complex, row: int) -> None:
    tag = plant.tags.template_tag[row]
    properties = metric.properties
    if tag.unit:
        properties.keys.append("engUnit")
        properties.values.add(type=DataType.STRING, string_value=tag.unit)
    for key, limit in (("engLow", plant.tags.low[row]), ("engHigh", plant.tags.high[row])):
        if np.isfinite(limit):
            properties.keys.append(key)
            properties.values.add(type=DataType.DOUBLE, double_value=limit)
    metric.metadata.description = tag.description.en


def _tell(metric: Any, kind: int, value: float, status: int) -> None:
    if status >> SEVERITY_SHIFT:
        metric.properties.keys.extend((QUALITY, STATUS_CODE))
        metric.properties.values.add(type=_INT32, int_value=QUALITY_BAD if status >= BAD else QUALITY_STALE)
        metric.properties.values.add(type=DataType.UINT32, int_value=status)
    if status >= BAD or (kind != DataType.DOUBLE and not np.isfinite(value)):
        metric.is_null = True
    elif kind == _BOOLEAN:
        metric.boolean_value = value != 0
    elif kind == _INT32:
        metric.int_value = round(value) & 0xFFFF_FFFF
    elif kind == _INT64:
        metric.long_value = round(value) & 0xFFFF_FFFF_FFFF_FFFF
    else:
        metric.double_value = value


def data(group: Group, moment: Moment, seq: int, *, historical: bool) -> bytes:
    """Return an NDATA or DDATA with all metrics of the group by alias, each with the moment's time."""
    size = _encode(
        group.buffer,
        group.row,
        group.alias,
        group.kind,
        moment.value,
        moment.status,
        moment.time_us // US_PER_MS,
        seq,
        historical,
    )
    return group.buffer[:size].tobytes()


def named_true(payload: bytes, names: Sequence[str]) -> set[str]:
    """Return which of ``names`` a command sets true. Raises ``DecodeError`` on a torn payload."""
    metrics = Payload.FromString(payload).metrics
    return {metric.name for metric in metrics if metric.name in names and metric.boolean_value}


@njit(cache=True, inline="always")
def _varint(out: NDArray[np.uint8], at: int, number: np.uint64) -> int:
    while number >= np.uint64(128):
        out[at] = np.uint8(number & np.uint64(127)) | np.uint8(128)
        number >>= np.uint64(7)
        at += 1
    out[at] = np.uint8(number)
    return at + 1


@njit(cache=True)
def _encode(
    out: NDArray[np.uint8],
    row: NDArray[np.intp],
    alias: NDArray[np.uint32],
    kind: NDArray[np.uint8],
    value: NDArray[np.float64],
    status: NDArray[np.uint32],
    time_ms: int,
    seq: int,
    historical: bool,
) -> int:
    """Write the payload into ``out`` in field order and return its size, bytes. Metrics stay under 128 bytes."""
    word = np.empty(1, np.float64)
    octets = word.view(np.uint8)
    out[0] = 0x08
    at = _varint(out, 1, np.uint64(time_ms))
    for i in range(len(row)):
        v, code, what = value[row[i]], status[row[i]], kind[i]
        out[at] = 0x12
        start = at + 2
        out[start] = 0x10
        at = _varint(out, start + 1, np.uint64(alias[i]))
        out[at] = 0x18
        at = _varint(out, at + 1, np.uint64(time_ms))
        if historical:
            out[at], out[at + 1] = 0x28, 1
            at += 2
        whole = what in (_INT32, _INT64, _BOOLEAN)
        null = code >= _BAD or (whole and not np.isfinite(v))
        if null:
            out[at], out[at + 1] = 0x38, 1
            at += 2
        if code >> np.uint32(SEVERITY_SHIFT):
            out[at] = 0x4A
            inner = at + 2
            at = inner
            for octet in _KEYS_U8:
                out[at] = octet
                at += 1
            quality = np.uint64(QUALITY_BAD if code >= _BAD else QUALITY_STALE)
            out[at], out[at + 2], out[at + 3], out[at + 4] = 0x12, 0x08, _INT32, 0x18
            end = _varint(out, at + 5, quality)
            out[at + 1] = np.uint8(end - at - 2)
            at = end
            out[at], out[at + 2], out[at + 3], out[at + 4] = 0x12, 0x08, 7, 0x18
            end = _varint(out, at + 5, np.uint64(code))
            out[at + 1] = np.uint8(end - at - 2)
            at = end
            out[inner - 1] = np.uint8(at - inner)
        if not null:
            if what == _BOOLEAN:
                out[at], out[at + 1] = 0x70, np.uint8(v != 0)
                at += 2
            elif what == _INT32:
                out[at] = 0x50
                at = _varint(out, at + 1, np.uint64(np.uint32(np.int64(np.rint(v)) & 0xFFFFFFFF)))
            elif what == _INT64:
                out[at] = 0x58
                at = _varint(out, at + 1, np.uint64(np.int64(np.rint(v))))
            else:
                word[0] = v
                out[at] = 0x69
                for k in range(8):
                    out[at + 1 + k] = octets[k]
                at += 9
        out[start - 1] = np.uint8(at - start)
    out[at] = 0x18
    return _varint(out, at + 1, np.uint64(seq))
