"""Sparkplug B 3.0 as the project speaks it: payload messages, data types, topics and the host's STATE.

The message classes are built from a descriptor written here with the field numbers and types of the Eclipse
Sparkplug B definition (Sparkplug 3.0.0, §6.4), so no generated file is needed and the fast upb runtime parses them.
Timestamps on the wire are milliseconds since 1970 UTC.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

NAMESPACE: Final = "spBv1.0"
US_PER_MS: Final = 1000
SEQ_COUNT: Final = 256
"""``seq`` and ``bdSeq`` run 0-255 and begin again at 0."""
BDSEQ: Final = "bdSeq"
REBIRTH: Final = "Node Control/Rebirth"


class DataType(IntEnum):
    """Sparkplug 3.0, §6.4.16."""

    UNKNOWN = 0
    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15
    DATASET = 16
    BYTES = 17
    FILE = 18
    TEMPLATE = 19
    PROPERTY_SET = 20
    PROPERTY_SET_LIST = 21
    INT8_ARRAY = 22
    INT16_ARRAY = 23
    INT32_ARRAY = 24
    INT64_ARRAY = 25
    UINT8_ARRAY = 26
    UINT16_ARRAY = 27
    UINT32_ARRAY = 28
    UINT64_ARRAY = 29
    FLOAT_ARRAY = 30
    DOUBLE_ARRAY = 31
    BOOLEAN_ARRAY = 32
    STRING_ARRAY = 33
    DATETIME_ARRAY = 34


NUMERIC: Final = frozenset(DataType(n) for n in range(DataType.INT8, DataType.BOOLEAN + 1)) | {DataType.DATETIME}
"""The types whose value is one number, which is what a reading can carry."""

_FIELD = descriptor_pb2.FieldDescriptorProto
_TYPES: Final = {
    "u32": _FIELD.TYPE_UINT32,
    "u64": _FIELD.TYPE_UINT64,
    "f32": _FIELD.TYPE_FLOAT,
    "f64": _FIELD.TYPE_DOUBLE,
    "bool": _FIELD.TYPE_BOOL,
    "str": _FIELD.TYPE_STRING,
    "bytes": _FIELD.TYPE_BYTES,
}
_PACKAGE: Final = "org.eclipse.tahu.protobuf"
# One line per message: (name, number, type); `*` repeats, `|` belongs to the oneof "value", a capital names a message.
# Vendor extension fields are left out: a proto2 parser keeps them as unknown fields.
_MESSAGES: Final[dict[str, str]] = {
    "Payload": "timestamp:1:u64 metrics:2:*Payload.Metric seq:3:u64 uuid:4:str body:5:bytes",
    "Payload.Metric": (
        "name:1:str alias:2:u64 timestamp:3:u64 datatype:4:u32 is_historical:5:bool is_transient:6:bool is_null:7:bool"
        " metadata:8:Payload.MetaData properties:9:Payload.PropertySet int_value:10:|u32 long_value:11:|u64"
        " float_value:12:|f32 double_value:13:|f64 boolean_value:14:|bool string_value:15:|str bytes_value:16:|bytes"
        " dataset_value:17:|Payload.DataSet template_value:18:|Payload.Template"
        " extension_value:19:|Payload.Metric.MetricValueExtension"
    ),
    "Payload.Metric.MetricValueExtension": "",
    "Payload.MetaData": (
        "is_multi_part:1:bool content_type:2:str size:3:u64 seq:4:u64 file_name:5:str file_type:6:str md5:7:str"
        " description:8:str"
    ),
    "Payload.PropertyValue": (
        "type:1:u32 is_null:2:bool int_value:3:|u32 long_value:4:|u64 float_value:5:|f32 double_value:6:|f64"
        " boolean_value:7:|bool string_value:8:|str propertyset_value:9:|Payload.PropertySet"
        " propertysets_value:10:|Payload.PropertySetList"
    ),
    "Payload.PropertySet": "keys:1:*str values:2:*Payload.PropertyValue",
    "Payload.PropertySetList": "propertyset:1:*Payload.PropertySet",
    "Payload.DataSet": "num_of_columns:1:u64 columns:2:*str types:3:*u32 rows:4:*Payload.DataSet.Row",
    "Payload.DataSet.Row": "elements:1:*Payload.DataSet.DataSetValue",
    "Payload.DataSet.DataSetValue": (
        "int_value:1:|u32 long_value:2:|u64 float_value:3:|f32 double_value:4:|f64 boolean_value:5:|bool"
        " string_value:6:|str"
    ),
    "Payload.Template": (
        "version:1:str metrics:2:*Payload.Metric parameters:3:*Payload.Template.Parameter template_ref:4:str"
        " is_definition:5:bool"
    ),
    "Payload.Template.Parameter": (
        "name:1:str type:2:u32 int_value:3:|u32 long_value:4:|u64 float_value:5:|f32 double_value:6:|f64"
        " boolean_value:7:|bool string_value:8:|str"
    ),
}


def _fill(message: descriptor_pb2.DescriptorProto, fields: str) -> None:
    for text in fields.split():
        name, number, kind = text.split(":")
        field = message.field.add(name=name, number=int(number), label=_FIELD.LABEL_OPTIONAL)
        if kind.startswith("*"):
            field.label = _FIELD.LABEL_REPEATED
            kind = kind[1:]
        elif kind.startswith("|"):
            if not message.oneof_decl:
                message.oneof_decl.add(name="value")
            field.oneof_index = 0
            kind = kind[1:]
        if kind in _TYPES:
            field.type = _TYPES[kind]
        else:
            field.type = _FIELD.TYPE_MESSAGE
            field.type_name = f".{_PACKAGE}.{kind}"


def _payload_class() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="didymium/sparkplug_b.proto", package=_PACKAGE, syntax="proto2")
    made: dict[str, descriptor_pb2.DescriptorProto] = {}
    for path, fields in _MESSAGES.items():
        outer, _, name = path.rpartition(".")
        made[path] = made[outer].nested_type.add(name=name) if outer else file.message_type.add(name=name)
        _fill(made[path], fields)
    # A pool of our own: another library in the process may have registered the same package.
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Payload"))


Payload: Final[Any] = _payload_class()
"""Message class: ``Payload.FromString(bytes)`` raises ``google.protobuf.message.DecodeError``."""
Metric: Final[Any] = Payload.Metric
MetaData: Final[Any] = Payload.MetaData
PropertySet: Final[Any] = Payload.PropertySet
PropertyValue: Final[Any] = Payload.PropertyValue
DataSet: Final[Any] = Payload.DataSet
Template: Final[Any] = Payload.Template


class MessageType(StrEnum):
    """The verbs of the topic namespace (§4.1.2); STATE has its own topic."""

    NBIRTH = "NBIRTH"
    NDEATH = "NDEATH"
    NDATA = "NDATA"
    NCMD = "NCMD"
    DBIRTH = "DBIRTH"
    DDEATH = "DDEATH"
    DDATA = "DDATA"
    DCMD = "DCMD"


class BadTopic(ValueError):
    """The topic is not one of the Sparkplug B namespace."""


class BadState(ValueError):
    """The payload is not a STATE message of Sparkplug 3.0."""


@dataclass(frozen=True, slots=True)
class Topic:
    """``spBv1.0/group/type/node`` or, when it is a device's, ``spBv1.0/group/type/node/device``."""

    kind: MessageType
    group: str
    node: str
    device: str | None = None

    def __str__(self) -> str:
        tail = "" if self.device is None else f"/{self.device}"
        return f"{NAMESPACE}/{self.group}/{self.kind}/{self.node}{tail}"

    @classmethod
    def parse(cls, text: str) -> Topic:
        """Raises ``BadTopic`` on another namespace, an unknown verb, or a wrong number of levels."""
        levels = text.split("/")
        if levels[0] != NAMESPACE or len(levels) not in (4, 5) or not all(levels):
            raise BadTopic(text)
        try:
            kind = MessageType(levels[2])
        except ValueError:
            raise BadTopic(text) from None
        device = levels[4] if len(levels) == 5 else None
        if (device is not None) != kind.startswith("D"):
            raise BadTopic(text)
        return cls(kind, levels[1], levels[3], device)


def state_topic(host: str) -> str:
    """Return the topic on which the host application ``host`` says whether it is online."""
    return f"{NAMESPACE}/STATE/{host}"


@dataclass(frozen=True, slots=True)
class HostState:
    """A STATE payload: JSON with exactly these two members (§6.4.27)."""

    online: bool
    timestamp_ms: int

    def encode(self) -> bytes:
        return json.dumps({"online": self.online, "timestamp": self.timestamp_ms}, separators=(",", ":")).encode()

    @classmethod
    def parse(cls, payload: bytes) -> HostState:
        """Raises ``BadState``."""
        try:
            said = json.loads(payload)
        except ValueError:
            raise BadState(repr(payload[:80])) from None
        if not isinstance(said, dict):
            raise BadState(repr(payload[:80]))
        online, timestamp = said.get("online"), said.get("timestamp")
        if not isinstance(online, bool) or not isinstance(timestamp, int) or isinstance(timestamp, bool):
            raise BadState(repr(payload[:80]))
        return cls(online, timestamp)
