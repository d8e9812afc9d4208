"""The compiled encoders against the libraries' own, bit for bit or field for field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from asyncua import ua
from asyncua.ua.ua_binary import extensionobject_from_binary, struct_to_binary

from didymium.model.sparkplug import DataType, Payload
from didymium.model.status import BAD, BAD_SENSOR_FAILURE, GOOD, UNCERTAIN
from didymium.twin.servers.moment import Moment
from didymium.twin.servers.opcua_changes import ITEM_BYTES_MAX, Watched, changes, notification
from didymium.twin.servers.opcua_variables import PlantVariables
from didymium.twin.servers.sparkplug_payloads import data, groups
from tests.plant.twin_servers_stand_in import small_complex

SECOND = 1_795_296_145
VALUES = (
    0.0,
    -0.0,
    1.0,
    -1.0,
    3.0,
    12.3,
    -2_147_483_648.0,
    2_147_483_647.0,
    1e300,
    float("nan"),
    float("inf"),
    2.0**40,
)
STATUSES = (GOOD, UNCERTAIN, 0x4090_0000, BAD, BAD_SENSOR_FAILURE, 0xFFFF_0000)


def moments(rows: int) -> list[Moment]:
    """Every value beside every status, for each row of the small complex."""
    return [
        Moment((SECOND + i) * 1_000_000, np.full(rows, value), np.full(rows, status, np.uint32))
        for i, value in enumerate(VALUES)
        for status in STATUSES
    ]


def fits(kind: int, value: float) -> bool:
    bits = {DataType.INT32: 31, DataType.INT64: 63}.get(DataType(kind), 2000)
    return not np.isfinite(value) or -(2.0**bits) <= value < 2.0**bits if bits < 64 else True


@pytest.mark.parametrize("historical", [False, True])
def test_sparkplug_data_reads_back_as_it_was_meant(historical: bool) -> None:
    plant = small_complex(1, "S03")
    for group in groups(plant, plant.sites[0]):
        for moment in moments(len(plant.tags)):
            payload = Payload.FromString(data(group, moment, 255, historical=historical))
            assert (payload.timestamp, payload.seq) == (moment.time_us // 1000, 255)
            assert len(payload.metrics) == len(group.row)
            for metric, alias, kind in zip(payload.metrics, group.alias, group.kind, strict=True):
                value, status = float(moment.value[0]), int(moment.status[0])
                if not fits(kind, value):
                    continue
                assert (metric.alias, metric.timestamp) == (alias, payload.timestamp)
                assert metric.is_historical == historical
                properties = dict(zip(metric.properties.keys, metric.properties.values, strict=True))
                assert bool(properties) == (status != GOOD)
                if properties:
                    assert properties["StatusCode"].int_value == status
                null = status >= BAD or (kind != DataType.DOUBLE and not np.isfinite(value))
                assert metric.is_null == null
                assert (metric.WhichOneof("value") is None) == null
                if not null:
                    assert told(metric, kind) == pytest.approx(expected(kind, value), nan_ok=True, abs=0, rel=0)


def told(metric: Any, kind: int) -> float:
    match kind:
        case DataType.BOOLEAN:
            return float(metric.boolean_value)
        case DataType.INT32:
            return float(np.uint32(metric.int_value).astype(np.int32))
        case DataType.INT64:
            return float(np.uint64(metric.long_value).astype(np.int64))
        case _:
            return float(metric.double_value)


def expected(kind: int, value: float) -> float:
    match kind:
        case DataType.BOOLEAN:
            return float(value != 0)
        case DataType.INT32 | DataType.INT64:
            return float(np.rint(value))
        case _:
            return value


def watched(variables: PlantVariables, rows: int, trigger: int, deadband: float = 0.0) -> Watched:
    return Watched(
        handle=np.arange(100, 100 + rows, dtype=np.uint32),
        row=np.arange(rows),
        kind=variables.kind[:rows],
        trigger=np.full(rows, trigger, np.uint8),
        deadband=np.full(rows, deadband),
        last_value=np.zeros(rows),
        last_status=np.zeros(rows, np.uint32),
        buffer=np.empty(rows * ITEM_BYTES_MAX, np.uint8),
    )


def test_opcua_changes_are_what_asyncua_would_send() -> None:
    plant = small_complex(1, "S10")
    variables = PlantVariables(plant, plant.sites[0])
    rows = len(plant.tags)
    items = watched(variables, rows, ua.DataChangeTrigger.StatusValueTimestamp)
    for value in (0.0, 1.0, 3.0, 12.5, -3.0, 1e300, float("inf")):
        for status in (UNCERTAIN, 0x0040_0000):
            moment = Moment(SECOND * 1_000_000, np.full(rows, value), np.full(rows, status, np.uint32))
            if abs(value) > 2**31:
                moment.value[variables.kind != ua.VariantType.Double.value] = 0.0
            variables.take(moment)
            told = ua.DataChangeNotification(
                MonitoredItems=[
                    ua.MonitoredItemNotification(100 + row, variables.data_value(row)) for row in range(rows)
                ]
            )
            assert notification([changes(items, moment)]).Body == struct_to_binary(told)


def test_a_bad_opcua_value_is_sent_without_one() -> None:
    plant = small_complex(1, "S10")
    items = watched(PlantVariables(plant, plant.sites[0]), 3, ua.DataChangeTrigger.StatusValue)
    part = changes(items, Moment(SECOND * 1_000_000, np.ones(3), np.full(3, BAD_SENSOR_FAILURE, np.uint32)))
    read = extensionobject_from_binary(ua.utils.Buffer(struct_to_binary(notification([part]))))
    assert [item.Value.StatusCode.value for item in read.MonitoredItems] == [BAD_SENSOR_FAILURE] * 3
    assert [item.Value.Value.Value for item in read.MonitoredItems] == [None] * 3


def test_opcua_seconds_queue_up_to_one_notification() -> None:
    plant = small_complex(1, "S10")
    items = watched(PlantVariables(plant, plant.sites[0]), 1, ua.DataChangeTrigger.StatusValue)
    parts = [
        changes(items, Moment((SECOND + i) * 1_000_000, np.array([value]), np.zeros(1, np.uint32)))
        for i, value in enumerate((0.0, 5.0, 5.0, 6.0))
    ]
    assert [part.count for part in parts] == [0, 1, 0, 1]
    read = extensionobject_from_binary(ua.utils.Buffer(struct_to_binary(notification(parts))))
    assert [item.Value.Value.Value for item in read.MonitoredItems] == [5.0, 6.0]
    start = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    stamps = [item.Value.SourceTimestamp.replace(tzinfo=None) for item in read.MonitoredItems]
    assert stamps == [start + timedelta(seconds=SECOND + 1), start + timedelta(seconds=SECOND + 3)]


def test_an_opcua_deadband_is_kept() -> None:
    plant = small_complex(1, "S10")
    items = watched(PlantVariables(plant, plant.sites[0]), 1, ua.DataChangeTrigger.StatusValue, deadband=2.0)
    counts = [
        changes(items, Moment(0, np.array([value]), np.array([status], np.uint32))).count
        for value, status in ((2.0, GOOD), (2.5, GOOD), (4.0, GOOD), (4.0, UNCERTAIN), (float("nan"), UNCERTAIN))
    ]
    assert counts == [0, 1, 0, 1, 1]
