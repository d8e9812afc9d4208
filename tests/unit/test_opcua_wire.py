"""The walk over Publish responses reads what asyncua's own encoder writes, and nothing beyond the end."""

from __future__ import annotations

import datetime as dt
import math
import struct

import numpy as np
from asyncua import ua
from asyncua.ua.ua_binary import struct_to_binary
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.acquire.opcua import library, wire

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
T = ua.VariantType
RANGES = {
    T.SByte: (-(2**7), 2**7 - 1),
    T.Byte: (0, 2**8 - 1),
    T.Int16: (-(2**15), 2**15 - 1),
    T.UInt16: (0, 2**16 - 1),
    T.Int32: (-(2**31), 2**31 - 1),
    T.UInt32: (0, 2**32 - 1),
    T.Int64: (-(2**63), 2**63 - 1),
    T.UInt64: (0, 2**64 - 1),
}


def scalars() -> st.SearchStrategy[ua.Variant]:
    integers = [
        st.integers(low, high).map(lambda v, kind=kind: ua.Variant(v, kind)) for kind, (low, high) in RANGES.items()
    ]
    return st.one_of(
        *integers,
        st.booleans().map(lambda v: ua.Variant(v, T.Boolean)),
        st.floats(width=32).map(lambda v: ua.Variant(v, T.Float)),
        st.floats().map(lambda v: ua.Variant(v, T.Double)),
    )


def others() -> st.SearchStrategy[ua.Variant]:
    return st.one_of(
        st.text(max_size=20).map(lambda v: ua.Variant(v, T.String)),
        st.binary(max_size=20).map(lambda v: ua.Variant(v, T.ByteString)),
        st.just(ua.Variant(dt.datetime(2024, 1, 1, tzinfo=dt.UTC), T.DateTime)),
        st.uuids().map(lambda v: ua.Variant(v, T.Guid)),
        st.lists(st.floats(), max_size=5).map(lambda v: ua.Variant(v, T.Double, is_array=True)),
        st.lists(st.text(max_size=4), max_size=5).map(lambda v: ua.Variant(v, T.String, is_array=True)),
        st.just(ua.Variant(ua.StatusCode(ua.UInt32(0x80310000)), T.StatusCode)),
    )


def unusual() -> st.SearchStrategy[ua.Variant]:
    return st.sampled_from(
        [
            ua.Variant(ua.NodeId("PL1", 2), T.NodeId),
            ua.Variant(ua.LocalizedText("x"), T.LocalizedText),
            ua.Variant(ua.QualifiedName("x", 2), T.QualifiedName),
        ]
    )


SPAN = (EPOCH.replace(1980, tzinfo=None), EPOCH.replace(2100, tzinfo=None))
moments = st.none() | st.datetimes(*SPAN, timezones=st.just(dt.UTC))


def data_values(variants: st.SearchStrategy[ua.Variant]) -> st.SearchStrategy[ua.DataValue]:
    return st.builds(
        ua.DataValue,
        Value=st.none() | variants,
        StatusCode=st.integers(0, 2**32 - 1).map(lambda v: ua.StatusCode(ua.UInt32(v))),
        SourceTimestamp=moments,
        ServerTimestamp=moments,
    )


def response(*values: ua.DataValue, sequence: int = 3) -> bytes:
    items = [ua.MonitoredItemNotification(ClientHandle=ua.UInt32(k), Value=v) for k, v in enumerate(values)]
    answer = ua.PublishResponse()
    answer.Parameters.SubscriptionId = 7
    answer.Parameters.AvailableSequenceNumbers = [1, 2, 3]
    answer.Parameters.MoreNotifications = True
    answer.Parameters.NotificationMessage.SequenceNumber = ua.Counter(sequence)
    answer.Parameters.NotificationMessage.NotificationData = [ua.DataChangeNotification(MonitoredItems=items)]
    return struct_to_binary(answer)


def walked(raw: bytes) -> wire.Items | int:
    buffer = wire.view(raw)
    head = wire.head(buffer)
    if isinstance(head, int):
        return head
    end, type_id, start = wire.notification(buffer, head.offset)
    if end < 0:
        return end
    assert type_id == wire.DATA_CHANGE
    return wire.items(buffer, start, end)


def us(moment: dt.datetime | None) -> int:
    return wire.MISSING_US if moment is None else (moment - EPOCH) // dt.timedelta(microseconds=1)


@settings(max_examples=120, deadline=None)
@given(st.lists(data_values(scalars() | others()), max_size=6))
def test_every_type_status_and_time_is_read_as_written(values: list[ua.DataValue]) -> None:
    items = walked(response(*values))
    assert isinstance(items, wire.Items)
    assert items.handle.tolist() == list(range(len(values)))
    for k, value in enumerate(values):
        assert items.status[k] == value.StatusCode.value
        assert items.source_us[k] == us(value.SourceTimestamp)
        assert items.server_us[k] == us(value.ServerTimestamp)
        variant = value.Value
        if variant.VariantType is T.Null:
            assert items.kind[k] == wire.NO_VALUE
            assert math.isnan(items.value[k])
        elif variant.VariantType in RANGES or variant.VariantType in (T.Boolean, T.Float, T.Double):
            if variant.is_array:
                assert items.kind[k] == variant.VariantType.value | wire.ARRAY
                assert math.isnan(items.value[k])
            else:
                assert items.kind[k] == variant.VariantType.value
                expected = float(variant.Value)
                assert items.value[k] == expected or (math.isnan(expected) and math.isnan(items.value[k]))
        else:
            assert items.kind[k] & 0x3F == variant.VariantType.value
            assert math.isnan(items.value[k])


@settings(max_examples=80, deadline=None)
@given(st.lists(data_values(scalars() | others()), max_size=6))
def test_walk_and_library_read_the_same(values: list[ua.DataValue]) -> None:
    raw = response(*values)
    buffer = wire.view(raw)
    head = wire.head(buffer)
    assert isinstance(head, wire.Head)
    end, _, start = wire.notification(buffer, head.offset)
    ours, theirs = wire.items(buffer, start, end), library.decode_items(raw[start:end])
    assert isinstance(ours, wire.Items)
    np.testing.assert_array_equal(ours.handle, theirs.handle)
    np.testing.assert_array_equal(ours.value, theirs.value)
    np.testing.assert_array_equal(ours.kind, theirs.kind)
    np.testing.assert_array_equal(ours.status, theirs.status)
    np.testing.assert_array_equal(ours.source_us, theirs.source_us)
    np.testing.assert_array_equal(ours.server_us, theirs.server_us)


@settings(max_examples=100, deadline=None)
@given(data_values(scalars()), data_values(unusual()).filter(lambda v: v.Value.VariantType is not T.Null))
def test_types_the_walk_does_not_read_are_left_to_the_library(plain: ua.DataValue, odd: ua.DataValue) -> None:
    raw = response(plain, odd)
    assert walked(raw) == wire.UNUSUAL
    _, (items,) = library.decode_publish(raw)
    assert isinstance(items, wire.Items)
    assert items.handle.tolist() == [0, 1]
    assert items.kind[1] == odd.Value.VariantType.value
    assert math.isnan(items.value[1])


@settings(max_examples=150, deadline=None)
@given(st.lists(data_values(scalars() | others() | unusual()), min_size=1, max_size=4), st.data())
def test_a_truncated_message_is_refused(values: list[ua.DataValue], data: st.DataObject) -> None:
    raw = response(*values)
    cut = data.draw(st.integers(0, len(raw) - 1))
    found = walked(raw[:cut])
    # Results and diagnostics after the notification may be cut off without harm to its items.
    assert isinstance(found, int) or cut >= len(raw) - 8


@settings(max_examples=400, deadline=None)
@given(st.lists(data_values(scalars() | others()), min_size=1, max_size=4), st.data())
def test_flipped_bytes_never_crash_the_walk(values: list[ua.DataValue], data: st.DataObject) -> None:
    raw = bytearray(response(*values))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(4, len(raw) - 1))] = data.draw(st.integers(0, 255))
    buffer = wire.view(bytes(raw))
    head = wire.head(buffer)
    if isinstance(head, int):
        assert head in (wire.TRUNCATED, wire.UNUSUAL)
        return
    position = head.offset
    for _ in range(head.count):
        end, type_id, start = wire.notification(buffer, position)
        if end < 0:
            break
        assert position < end <= len(raw)
        position = end
        if type_id == wire.DATA_CHANGE:
            found = wire.items(buffer, start, end)
            assert isinstance(found, wire.Items) or found in (wire.TRUNCATED, wire.UNUSUAL)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_never_crash_the_walk(raw: bytes) -> None:
    wire.head(wire.view(raw))
    wire.items(wire.view(raw), 0, len(raw))


def test_head_carries_numbers_and_times() -> None:
    raw = response(ua.DataValue(ua.Variant(1.0)), sequence=41)
    head = wire.head(wire.view(raw))
    assert isinstance(head, wire.Head)
    assert (head.type_id, head.status_code, head.subscription) == (wire.PUBLISH_RESPONSE, 0, 7)
    assert (head.more, head.sequence, head.count) == (True, 41, 1)
    decoded, _ = library.decode_publish(raw)
    assert (head.sent_us, head.published_us) == (decoded.sent_us, decoded.published_us)


def test_picoseconds_lie_between_the_two_times() -> None:
    # Part 6, §5.2.2.17: source time, source picoseconds, server time, server picoseconds. (asyncua 2.1 writes both
    # times first, so it can't be the witness here.)
    ticks = (us(EPOCH.replace(2020)) + wire.EPOCH_US) * 10
    value = struct.pack("<BBdIqHqH", 0x3F, 11, 1.5, 0x40000000, ticks + 7, 9999, ticks + 10, 1)
    body = struct.pack("<iI", 1, 5) + value
    items = wire.items(wire.view(body), 0, len(body))
    assert isinstance(items, wire.Items)
    assert (items.handle[0], items.value[0], items.status[0]) == (5, 1.5, 0x40000000)
    assert items.source_us[0] == us(EPOCH.replace(2020))
    assert items.server_us[0] == us(EPOCH.replace(2020)) + 1


def test_an_item_count_beyond_the_message_allocates_nothing() -> None:
    body = struct.pack("<i", 2**31 - 1) + bytes(64)
    assert wire.items(wire.view(body), 0, len(body)) == wire.TRUNCATED


def test_a_status_change_is_found_by_its_type() -> None:
    answer = ua.PublishResponse()
    gone = ua.StatusChangeNotification(Status=ua.StatusCode(ua.UInt32(ua.StatusCodes.BadTimeout)))
    answer.Parameters.NotificationMessage.NotificationData = [gone]
    raw = struct_to_binary(answer)
    head = wire.head(wire.view(raw))
    assert isinstance(head, wire.Head)
    end, type_id, start = wire.notification(wire.view(raw), head.offset)
    assert end > 0
    assert type_id == wire.STATUS_CHANGE
    assert int.from_bytes(raw[start : start + 4], "little") == ua.StatusCodes.BadTimeout
    assert library.decode_publish(raw)[1] == [ua.StatusCodes.BadTimeout]
