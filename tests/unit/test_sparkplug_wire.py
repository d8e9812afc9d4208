"""The walk over data payloads reads what protobuf's own encoder writes, and nothing beyond the end."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.acquire.sparkplug import metrics, wire
from didymium.acquire.sparkplug.quality import meaning
from didymium.model import status as codes
from didymium.model.sparkplug import DataType, Payload

RECEIVED_US = 1_700_000_000_000_000
INTEGERS = {
    DataType.INT8: (-(2**7), 2**7 - 1),
    DataType.INT16: (-(2**15), 2**15 - 1),
    DataType.INT32: (-(2**31), 2**31 - 1),
    DataType.INT64: (-(2**63), 2**63 - 1),
    DataType.UINT8: (0, 2**8 - 1),
    DataType.UINT16: (0, 2**16 - 1),
    DataType.UINT32: (0, 2**32 - 1),
    DataType.UINT64: (0, 2**64 - 1),
    DataType.DATETIME: (0, 2**63),
}
LONG = (DataType.INT64, DataType.UINT64, DataType.DATETIME)


@st.composite
def metric(draw: st.DrawFn) -> tuple[DataType, float, dict[str, Any]]:
    """(type of the birth, value meant, fields of the message)."""
    kind = draw(st.sampled_from([*INTEGERS, DataType.FLOAT, DataType.DOUBLE, DataType.BOOLEAN]))
    fields: dict[str, Any] = {}
    if kind in INTEGERS:
        meant = draw(st.integers(*INTEGERS[kind]))
        # UInt32 travels in long_value with some encoders, small negative ones at their own or at 32 bits
        name = "long_value" if kind in LONG or (kind is DataType.UINT32 and draw(st.booleans())) else "int_value"
        fields[name] = meant % 2**64 if name == "long_value" else meant % 2**32
        value = float(meant)
    elif kind is DataType.BOOLEAN:
        value = float(draw(st.booleans()))
        fields["boolean_value"] = bool(value)
    elif kind is DataType.FLOAT:
        value = draw(st.floats(width=32))
        fields["float_value"] = value
    else:
        value = draw(st.floats())
        fields["double_value"] = value
    if draw(st.booleans()):
        fields["timestamp"] = draw(st.integers(0, 4_000_000_000_000))
    if draw(st.booleans()):
        fields["datatype"] = int(kind)
    if draw(st.booleans()):
        fields["is_historical"] = draw(st.booleans())
    if draw(st.integers(0, 4)) == 0:
        fields["is_null"] = True
    return kind, value, fields


@st.composite
def payloads(draw: st.DrawFn) -> tuple[Any, list[tuple[DataType, float, dict[str, Any]]]]:
    drawn = draw(st.lists(metric(), max_size=8))
    payload = Payload(seq=draw(st.integers(0, 255)))
    if draw(st.booleans()):
        payload.timestamp = draw(st.integers(0, 4_000_000_000_000))
    for k, (_, _, fields) in enumerate(drawn):
        made = payload.metrics.add(alias=1000 + 7 * k, **fields)
        if draw(st.integers(0, 3)) == 0:
            for key in draw(st.permutations(["Quality", "other", "StatusCode"])):
                made.properties.keys.append(key)
                number = {"Quality": draw(st.sampled_from([0, 64, 192, 500])), "StatusCode": 0x8031_0000}
                made.properties.values.add(type=7, int_value=number.get(key, 5))
    return payload, drawn


def table_of(kinds: list[DataType]) -> wire.Table:
    n = len(kinds)
    return wire.Table(
        np.array([1000 + 7 * k for k in range(n)], np.uint64),
        np.zeros(n, np.int32),
        np.array(kinds, np.uint8),
        np.arange(n, dtype=np.int64),
    )


def walked(payload: Any, kinds: list[DataType]) -> wire.Metrics | int:
    buffer = wire.view(payload.SerializeToString())
    outside = wire.frame(buffer)
    assert isinstance(outside, wire.Frame)
    return wire.walk(buffer, outside, RECEIVED_US, 0, table_of(kinds))


@settings(max_examples=100, deadline=None)
@given(payloads())
def test_values_times_and_flags_are_read_as_written(
    drawn: tuple[Any, list[tuple[DataType, float, dict[str, Any]]]],
) -> None:
    payload, meant = drawn
    found = walked(payload, [kind for kind, _, _ in meant])
    assert isinstance(found, wire.Metrics)
    assert found.row.tolist() == list(range(len(meant)))
    for k, (kind, value, fields) in enumerate(meant):
        expected = math.nan if fields.get("is_null") else value
        assert found.value[k] == expected or (math.isnan(expected) and math.isnan(found.value[k]))
        own = fields.get("timestamp", payload.timestamp if payload.HasField("timestamp") else None)
        assert found.time_us[k] == (RECEIVED_US if own is None else own * 1000)
        assert found.flags[k] == (2 if fields.get("is_historical") else 0)
        assert found.narrow[k] == (kind is DataType.FLOAT and not fields.get("is_null")) or fields.get("is_null")


@settings(max_examples=100, deadline=None)
@given(payloads())
def test_walk_and_full_decoder_agree(drawn: tuple[Any, list[tuple[DataType, float, dict[str, Any]]]]) -> None:
    payload, meant = drawn
    kinds = [kind for kind, _, _ in meant]
    ours = walked(payload, kinds)
    theirs = metrics.decode(payload, RECEIVED_US, lambda m: ((m.alias - 1000) // 7, kinds[(m.alias - 1000) // 7]))
    assert isinstance(ours, wire.Metrics)
    for column in ("row", "time_us", "value", "status", "flags", "tally"):
        np.testing.assert_array_equal(getattr(ours, column), getattr(theirs, column), err_msg=column)


@settings(max_examples=150, deadline=None)
@given(payloads(), st.data())
def test_a_truncated_payload_never_gives_what_protobuf_refuses(
    drawn: tuple[Any, list[tuple[DataType, float, dict[str, Any]]]], data: st.DataObject
) -> None:
    payload, meant = drawn
    whole = payload.SerializeToString()
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    buffer = wire.view(cut)
    outside = wire.frame(buffer)
    found = outside
    if isinstance(outside, wire.Frame):
        found = wire.walk(buffer, outside, RECEIVED_US, 0, table_of([kind for kind, _, _ in meant]))
    try:
        Payload.FromString(cut)
    except DecodeError:
        assert isinstance(found, int)
    else:
        assert not isinstance(found, int)


@settings(max_examples=200, deadline=None)
@given(payloads(), st.data())
def test_flipped_bytes_never_crash_the_walk(
    drawn: tuple[Any, list[tuple[DataType, float, dict[str, Any]]]], data: st.DataObject
) -> None:
    payload, meant = drawn
    raw = bytearray(payload.SerializeToString())
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    buffer = wire.view(bytes(raw))
    outside = wire.frame(buffer)
    if isinstance(outside, wire.Frame):
        found = wire.walk(buffer, outside, RECEIVED_US, 0, table_of([kind for kind, _, _ in meant]))
        if isinstance(found, wire.Metrics):
            assert ((found.row >= 0) & (found.row < len(meant))).all()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_never_crash_the_walk(raw: bytes) -> None:
    buffer = wire.view(raw)
    outside = wire.frame(buffer)
    if isinstance(outside, wire.Frame):
        wire.walk(buffer, outside, RECEIVED_US, 0, table_of([DataType.DOUBLE]))


def test_what_the_walk_does_not_know_is_left_to_the_full_decoder() -> None:
    payload = Payload(timestamp=1)
    payload.metrics.add(name="TEMP", double_value=1.0)
    assert walked(payload, [DataType.DOUBLE]) == wire.UNUSUAL


def test_aliases_of_another_device_or_none_are_counted_with_the_first() -> None:
    payload = Payload(timestamp=1)
    payload.metrics.add(alias=5, double_value=1.0)
    payload.metrics.add(alias=1007, double_value=2.0)
    payload.metrics.add(alias=1000, double_value=3.0)
    buffer = wire.view(payload.SerializeToString())
    outside = wire.frame(buffer)
    assert isinstance(outside, wire.Frame)
    table = table_of([DataType.DOUBLE, DataType.DOUBLE])
    table.device[1] = 4
    found = wire.walk(buffer, outside, RECEIVED_US, 0, table)
    assert isinstance(found, wire.Metrics)
    assert found.value.tolist() == [3.0]
    assert found.tally[wire.UNKNOWN_ALIAS : wire.UNKNOWN_ALIAS + 2].tolist() == [2, 5]


def test_a_string_is_kept_as_mismatch() -> None:
    payload = Payload(timestamp=1)
    payload.metrics.add(alias=1000, string_value="hot")
    found = walked(payload, [DataType.DOUBLE])
    assert isinstance(found, wire.Metrics)
    assert math.isnan(found.value[0])
    assert found.status.tolist() == [codes.BAD_TYPE_MISMATCH]
    assert found.tally[wire.NOT_NUMBER] == 1


@pytest.mark.parametrize(
    ("quality", "status", "meant"),
    [
        (-1, -1, codes.GOOD),
        (192, -1, codes.GOOD),
        (0, -1, codes.BAD),
        (500, -1, codes.UNCERTAIN_LAST_USABLE_VALUE),
        (64, -1, codes.UNCERTAIN),
        (500, 0x4093_0000, 0x4093_0000),
        (7, -1, codes.BAD),
    ],
)
def test_quality_properties(quality: int, status: int, meant: int) -> None:
    assert meaning(quality, status) == meant
