"""The Sparkplug vocabulary against bytes worked by hand from the protobuf wire format."""

from __future__ import annotations

import struct

import pytest
from google.protobuf.message import DecodeError

from didymium.model.sparkplug import BadState, BadTopic, DataType, HostState, MessageType, Payload, Topic, state_topic


def test_payload_has_the_field_numbers_of_the_standard() -> None:
    payload = Payload(timestamp=1, seq=2)
    metric = payload.metrics.add(alias=3, timestamp=4, is_null=False, double_value=1.5)
    inner = b"\x10\x03" + b"\x18\x04" + b"\x38\x00" + b"\x69" + struct.pack("<d", 1.5)
    assert payload.SerializeToString() == b"\x08\x01" + b"\x12" + bytes([len(inner)]) + inner + b"\x18\x02"
    assert metric.WhichOneof("value") == "double_value"


@pytest.mark.parametrize(
    ("field", "value", "wire"),
    [
        ("name", "a", b"\x0a\x01a"),
        ("datatype", 10, b"\x20\x0a"),
        ("is_historical", True, b"\x28\x01"),
        ("is_transient", True, b"\x30\x01"),
        ("int_value", 7, b"\x50\x07"),
        ("long_value", 7, b"\x58\x07"),
        ("float_value", 2.0, b"\x65" + struct.pack("<f", 2.0)),
        ("boolean_value", True, b"\x70\x01"),
        ("string_value", "x", b"\x7a\x01x"),
        ("bytes_value", b"x", b"\x82\x01\x01x"),
    ],
)
def test_metric_fields_on_the_wire(field: str, value: object, wire: bytes) -> None:
    assert Payload.Metric(**{field: value}).SerializeToString() == wire


def test_a_torn_payload_is_refused() -> None:
    with pytest.raises(DecodeError):
        Payload.FromString(b"\x12\x7f\x01")


def test_data_types_keep_the_numbers_of_the_standard() -> None:
    assert (DataType.FLOAT, DataType.DOUBLE, DataType.BOOLEAN, DataType.STRING) == (9, 10, 11, 12)
    assert (DataType.UUID, DataType.TEMPLATE, DataType.DATETIME_ARRAY) == (15, 19, 34)


def test_topics_round_trip() -> None:
    for text in ("spBv1.0/Northern/NBIRTH/S03", "spBv1.0/Northern/DDATA/S03/PL2"):
        assert str(Topic.parse(text)) == text
    assert Topic.parse("spBv1.0/Northern/DDATA/S03/PL2") == Topic(MessageType.DDATA, "Northern", "S03", "PL2")
    assert state_topic("didymium") == "spBv1.0/STATE/didymium"


@pytest.mark.parametrize(
    "text",
    [
        "spAv1.0/Northern/NBIRTH/S03",
        "spBv1.0/Northern/NBIRTH",
        "spBv1.0/Northern/BIRTH/S03",
        "spBv1.0/Northern/NDATA/S03/PL2",
        "spBv1.0/Northern/DDATA/S03",
        "spBv1.0//NDATA/S03",
        "spBv1.0/STATE/didymium",
    ],
)
def test_other_topics_are_refused(text: str) -> None:
    with pytest.raises(BadTopic):
        Topic.parse(text)


def test_state_is_the_json_of_version_3() -> None:
    assert HostState(True, 1_700_000_000_000).encode() == b'{"online":true,"timestamp":1700000000000}'
    assert HostState.parse(b'{"timestamp": 5, "online": false}') == HostState(False, 5)


@pytest.mark.parametrize("payload", [b"ONLINE", b"[]", b'{"online":1,"timestamp":5}', b'{"online":true}', b"\xff"])
def test_other_state_payloads_are_refused(payload: bytes) -> None:
    with pytest.raises(BadState):
        HostState.parse(payload)
