"""The full decoder, for births and the data that the walk leaves to it; it makes an object per metric."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from didymium.acquire.sparkplug import quality, wire
from didymium.model import status as codes
from didymium.model.readings import HISTORICAL
from didymium.model.sparkplug import BDSEQ, NUMERIC, US_PER_MS, DataType

OWN_METRICS: Final = ("Node Control/", "Device Control/", "Node Info/", "Device Info/", "Properties/")
"""Metrics by which a node speaks of itself; no plant model lists them."""

Place = tuple[int, int]
"""Position in the line's tags, or ``wire.NOT_OURS``, and the Sparkplug type that the birth announced."""


@dataclass(frozen=True, slots=True)
class Announced:
    """One metric of a birth; ``alias`` is None where the node names its metrics in data, too."""

    name: str
    alias: int | None
    kind: int
    row: int


def announced(payload: Any, address_of: Callable[[str], int | None]) -> list[Announced]:
    """Return a birth's metrics; ``address_of`` gives a metric name's position in the tags, if it is one of ours."""
    found = []
    for metric in payload.metrics:
        row = address_of(metric.name)
        alias = metric.alias if metric.HasField("alias") else None
        found.append(Announced(metric.name, alias, metric.datatype, wire.NOT_OURS if row is None else row))
    return found


def own(name: str) -> bool:
    """Whether a metric is about the node, not about the plant."""
    return name == BDSEQ or name.startswith(OWN_METRICS)


def table(devices: dict[int, list[Announced]]) -> wire.Table:
    """Return the aliases of all devices, sorted. Where two metrics share one, the later birth has it."""
    entries = {a.alias: (device, a) for device, births in devices.items() for a in births if a.alias is not None}
    aliases = sorted(entries)
    return wire.Table(
        np.array(aliases, np.uint64),
        np.array([entries[a][0] for a in aliases], np.int32),
        np.array([entries[a][1].kind & 0xFF for a in aliases], np.uint8),
        np.array([entries[a][1].row for a in aliases], np.int64),
    )


def decode(payload: Any, received_us: int, place_of: Callable[[Any], Place | None]) -> wire.Metrics:
    """Return a payload's metrics that are ours. ``place_of`` gives a metric's place, None for one never announced."""
    payload_ms = payload.timestamp if payload.HasField("timestamp") else wire.NO_TIME
    rows: list[int] = []
    times_us: list[int] = []
    values: list[float] = []
    status: list[int] = []
    flags: list[int] = []
    narrow: list[bool] = []
    tally = np.zeros(wire.TALLY, np.int64)
    for metric in payload.metrics:
        place = place_of(metric)
        if place is None:
            _count(tally, wire.UNKNOWN_ALIAS, metric.alias & 0x7FFF_FFFF_FFFF_FFFF)
            continue
        row, kind = place
        if row == wire.NOT_OURS:
            continue
        ms = metric.timestamp if metric.HasField("timestamp") else payload_ms
        if not 0 <= ms < wire.TIME_LIMIT_MS:
            ms = wire.NO_TIME
            _count(tally, wire.NO_METRIC_TIME, row)
        value, code, mismatch = _value(metric, metric.datatype or kind)
        if mismatch:
            _count(tally, wire.NOT_NUMBER, row)
        rows.append(row)
        times_us.append(received_us if ms == wire.NO_TIME else ms * US_PER_MS)
        values.append(value)
        status.append(code)
        flags.append(HISTORICAL if metric.is_historical else 0)
        narrow.append(metric.WhichOneof("value") == "float_value")
    tally[wire.NARROW], tally[wire.HISTORY] = sum(narrow), sum(flag != 0 for flag in flags)
    return wire.Metrics(
        np.array(rows, np.int64),
        np.array(times_us, np.int64),
        np.array(values, np.float64),
        np.array(status, np.uint32),
        np.array(flags, np.uint8),
        np.array(narrow, np.bool_),
        tally,
    )


def _count(tally: np.ndarray[Any, np.dtype[np.int64]], what: int, example: int) -> None:
    if tally[what] == 0:
        tally[what + 1] = example
    tally[what] += 1


def _value(metric: Any, kind: int) -> tuple[float, int, bool]:
    """(value, status, whether it was no number)."""
    code = _status(metric.properties)
    doubtful = code if code >= codes.BAD else 0
    form = metric.WhichOneof("value")
    if metric.is_null or form is None:
        return float("nan"), doubtful or codes.BAD_NO_DATA, False
    if form in ("float_value", "double_value", "boolean_value"):
        return float(getattr(metric, form)), code, False
    if form in ("int_value", "long_value") and (kind in NUMERIC or kind == DataType.UNKNOWN):
        return float(wire.whole(np.uint64(getattr(metric, form)), kind)), code, False
    return float("nan"), doubtful or codes.BAD_TYPE_MISMATCH, True


def _status(properties: Any) -> int:
    held = dict(zip(properties.keys, properties.values, strict=False))
    return int(quality.meaning(*(_integer(held.get(key)) for key in (quality.QUALITY, quality.STATUS_CODE))))


def _integer(value: Any) -> int:
    form = None if value is None else value.WhichOneof("value")
    return int(getattr(value, form)) & 0xFFFF_FFFF if form in ("int_value", "long_value") else -1
