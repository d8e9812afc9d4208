"""One edge node as the host sees it: births, order of messages, deaths, and every kind of nonsense."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.acquire.grid import Grid
from didymium.acquire.points import Points
from didymium.acquire.sparkplug.node import EdgeNode
from didymium.model import status as codes
from didymium.model.readings import HISTORICAL, Readings
from didymium.model.sparkplug import BDSEQ, DataType, MessageType, Payload

T0_US = 1_700_000_000_000_000
S = 1_000_000
T0_MS = T0_US // 1000
ADDRESSES = ("PL1/CELL001/VOLT", "PL1/CELL001/STATE", "COM/KW")
VOLT, STATE, KW = 11, 12, 13


class Notebook:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, float, int, int]] = []
        self.trouble: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.said: list[str] = []
        self.skews: list[float] = []

    def take(self, readings: Readings, received_us: int) -> None:
        columns = (readings.tag, readings.time_us, readings.value, readings.status, readings.flags)
        self.rows += zip(*(c.tolist() for c in columns), strict=True)

    def alive(self) -> None:
        self.said.append("alive")

    def discard(self, cause: str, count: int, example: str) -> None:
        self.trouble[str(cause)] += count
        self.examples[str(cause)] = example

    def skew(self, skew_ms: float) -> None:
        self.skews.append(skew_ms)

    def up(self) -> None:
        self.said.append("up")

    def down(self, cause: str) -> None:
        self.said.append(f"down: {cause}")

    def values(self, tag: int) -> list[float]:
        return [row[2] for row in self.rows if row[0] == tag]


def node() -> tuple[EdgeNode, Notebook]:
    grid = Grid(np.array([1000.0, 1.0, 10.0]), np.zeros(3, np.int8))
    paths = tuple("S03." + a.replace("/", ".") for a in ADDRESSES)
    points = Points(paths, ADDRESSES, np.array([VOLT, STATE, KW], np.uint32), grid)
    notebook = Notebook()
    return EdgeNode(points, notebook, 2 * S), notebook


def nbirth(bd_seq: int = 7, seq: int = 0, at_ms: int = T0_MS) -> bytes:
    payload = Payload(timestamp=at_ms, seq=seq)
    payload.metrics.add(name=BDSEQ, datatype=DataType.INT64, long_value=bd_seq)
    payload.metrics.add(name="Node Control/Rebirth", datatype=DataType.BOOLEAN, boolean_value=False)
    payload.metrics.add(name="COM/KW", alias=1, datatype=DataType.FLOAT, float_value=1.5)
    return payload.SerializeToString()


def dbirth(seq: int = 1, at_ms: int = T0_MS, **extra: Any) -> bytes:
    payload = Payload(timestamp=at_ms, seq=seq)
    payload.metrics.add(name="CELL001/VOLT", alias=2, datatype=DataType.DOUBLE, double_value=4.0)
    payload.metrics.add(name="CELL001/STATE", alias=3, datatype=DataType.INT16, int_value=2)
    if extra:
        payload.metrics.add(**extra)
    return payload.SerializeToString()


def ddata(seq: int, value: float, at_ms: int = T0_MS, **fields: Any) -> bytes:
    payload = Payload(timestamp=at_ms, seq=seq)
    payload.metrics.add(alias=2, double_value=value, **fields)
    return payload.SerializeToString()


def ndeath(bd_seq: int) -> bytes:
    payload = Payload(timestamp=T0_MS)
    payload.metrics.add(name=BDSEQ, datatype=DataType.INT64, long_value=bd_seq)
    return payload.SerializeToString()


def born() -> tuple[EdgeNode, Notebook]:
    edge, notebook = node()
    edge.take(MessageType.NBIRTH, None, nbirth(), T0_US)
    edge.take(MessageType.DBIRTH, "PL1", dbirth(), T0_US)
    return edge, notebook


def test_births_bring_the_node_up_and_carry_the_first_values() -> None:
    edge, notebook = born()
    assert edge.born
    assert notebook.said[0] == "up"
    assert [(row[0], row[1], row[2]) for row in notebook.rows] == [
        (KW, T0_US, 1.5),
        (VOLT, T0_US, 4.0),
        (STATE, T0_US, 2.0),
    ]
    assert not notebook.trouble


def test_data_take_type_from_the_birth_and_decimals_from_the_grid() -> None:
    edge, notebook = born()
    payload = Payload(timestamp=T0_MS + 1000, seq=2)
    payload.metrics.add(alias=3, int_value=0xFFFF_FFFE)
    edge.take(MessageType.DDATA, "PL1", payload.SerializeToString(), T0_US + S)
    payload = Payload(timestamp=T0_MS + 1000, seq=3)
    payload.metrics.add(alias=1, float_value=12.3)
    edge.take(MessageType.NDATA, None, payload.SerializeToString(), T0_US + S)
    assert notebook.values(STATE)[-1] == -2.0
    assert notebook.values(KW)[-1] == 12.3


def test_history_null_and_quality_are_kept() -> None:
    edge, notebook = born()
    edge.take(MessageType.DDATA, "PL1", ddata(2, 4.1, is_historical=True), T0_US)
    payload = Payload(timestamp=T0_MS, seq=3)
    payload.metrics.add(alias=2, is_null=True)
    edge.take(MessageType.DDATA, "PL1", payload.SerializeToString(), T0_US)
    assert notebook.rows[-2][2:] == (4.1, codes.GOOD, HISTORICAL)
    assert math.isnan(notebook.rows[-1][2])
    assert notebook.rows[-1][3] == codes.BAD_NO_DATA


def test_messages_out_of_order_are_put_in_order_without_a_rebirth() -> None:
    edge, notebook = born()
    for seq, value in ((3, 4.3), (4, 4.4), (2, 4.2)):
        edge.take(MessageType.DDATA, "PL1", ddata(seq, value), T0_US + seq)
    edge.tick(T0_US + 3 * S)
    assert notebook.values(VOLT) == [4.0, 4.2, 4.3, 4.4]
    assert not edge.rebirth_due(T0_US + 3 * S)
    assert not notebook.trouble


def test_a_message_that_never_comes_costs_a_rebirth_and_no_other_data() -> None:
    edge, notebook = born()
    edge.take(MessageType.DDATA, "PL1", ddata(4, 4.4), T0_US + 1)
    edge.take(MessageType.DDATA, "PL1", ddata(5, 4.5), T0_US + 2)
    edge.tick(T0_US + S)
    assert notebook.values(VOLT) == [4.0]
    edge.tick(T0_US + 2 * S + 1)
    assert notebook.values(VOLT) == [4.0, 4.4, 4.5]
    assert notebook.trouble == {"sequence jump": 1}
    assert notebook.examples["sequence jump"] == "seq 4 came, 2 was due"
    assert edge.rebirth_due(T0_US + 3 * S) == "sequence jump"
    edge.take(MessageType.DDATA, "PL1", ddata(6, 4.6), T0_US + 3 * S)
    assert notebook.values(VOLT)[-1] == 4.6


def test_a_message_delivered_twice_is_counted_and_dropped() -> None:
    edge, notebook = born()
    for _ in range(2):
        edge.take(MessageType.DDATA, "PL1", ddata(2, 4.2), T0_US)
    edge.take(MessageType.DDATA, "PL1", ddata(3, 4.3), T0_US)
    assert notebook.values(VOLT) == [4.0, 4.2, 4.3]
    assert notebook.trouble == {"duplicate": 1}


def test_seq_runs_over_255() -> None:
    edge, notebook = born()
    for n in range(2, 600):
        edge.take(MessageType.DDATA, "PL1", ddata(n % 256, n / 8, at_ms=T0_MS + n), T0_US + n)
    assert notebook.values(VOLT)[1:] == [n / 8 for n in range(2, 600)]
    assert not notebook.trouble


def test_data_without_birth_ask_for_one_and_not_too_often() -> None:
    edge, notebook = node()
    asked = 0
    for second in range(60):
        edge.take(MessageType.DDATA, "PL1", ddata(second, 4.0), T0_US + second * S)
        asked += bool(edge.rebirth_due(T0_US + second * S))
    assert notebook.rows == []
    assert notebook.trouble == {"data without birth": 60}
    assert asked == 4, "at 0, 10, 30 s, and then once a minute"


def test_data_of_an_unborn_device_ask_for_its_birth() -> None:
    edge, notebook = born()
    edge.take(MessageType.DDATA, "PL9", ddata(2, 4.2), T0_US)
    assert notebook.examples["data without birth"] == "DDATA of PL9"
    assert edge.rebirth_due(T0_US) == "data without birth"


def test_an_unknown_alias_is_counted_and_asks_for_a_rebirth() -> None:
    edge, notebook = born()
    payload = Payload(timestamp=T0_MS, seq=2)
    payload.metrics.add(alias=99, double_value=1.0)
    payload.metrics.add(alias=2, double_value=4.2)
    edge.take(MessageType.DDATA, "PL1", payload.SerializeToString(), T0_US)
    assert notebook.values(VOLT)[-1] == 4.2
    assert notebook.examples["unknown address"] == "alias 99 in DDATA of PL1"
    assert edge.rebirth_due(T0_US) == "unknown alias"


def test_a_death_counts_only_with_the_bdseq_of_the_birth() -> None:
    edge, notebook = born()
    edge.take(MessageType.NDEATH, None, ndeath(6), T0_US)
    assert edge.born
    assert notebook.trouble == {"death of an old session": 1}
    edge.take(MessageType.NDEATH, None, ndeath(7), T0_US)
    assert not edge.born
    assert notebook.said[-1] == "down: death"
    edge.take(MessageType.NBIRTH, None, nbirth(8), T0_US)
    assert edge.born
    assert notebook.said[-1] == "up"


def test_death_without_birth_is_counted() -> None:
    edge, notebook = node()
    edge.take(MessageType.NDEATH, None, ndeath(6), T0_US)
    assert notebook.trouble == {"death without birth": 1}


def test_a_dead_device_needs_a_new_birth() -> None:
    edge, notebook = born()
    edge.take(MessageType.DDEATH, "PL1", Payload(timestamp=T0_MS, seq=2).SerializeToString(), T0_US)
    edge.take(MessageType.DDATA, "PL1", ddata(3, 4.2), T0_US)
    assert notebook.values(VOLT) == [4.0]
    edge.take(MessageType.DBIRTH, "PL1", dbirth(4), T0_US)
    edge.take(MessageType.DDATA, "PL1", ddata(5, 4.5), T0_US)
    assert notebook.values(VOLT) == [4.0, 4.0, 4.5]
    assert notebook.trouble == {"device death": 1, "data without birth": 1}


def test_metrics_by_name_and_without_alias() -> None:
    edge, notebook = node()
    edge.take(MessageType.NBIRTH, None, nbirth(), T0_US)
    payload = Payload(timestamp=T0_MS, seq=1)
    payload.metrics.add(name="CELL001/VOLT", datatype=DataType.FLOAT, float_value=4.1)
    edge.take(MessageType.DBIRTH, "PL1", payload.SerializeToString(), T0_US)
    payload = Payload(timestamp=T0_MS, seq=2)
    payload.metrics.add(name="CELL001/VOLT", float_value=4.2)
    edge.take(MessageType.DDATA, "PL1", payload.SerializeToString(), T0_US)
    assert notebook.values(VOLT) == [4.1, 4.2]
    assert not notebook.trouble


def test_strangers_and_absentees_of_a_birth_are_named_once() -> None:
    edge, notebook = node()
    for bd_seq in (7, 8):
        edge.take(MessageType.NBIRTH, None, nbirth(bd_seq), T0_US)
        edge.take(MessageType.DBIRTH, "PL2", dbirth(name="X", alias=9, int_value=1), T0_US)
        edge.tick(T0_US + 6 * S)
    assert notebook.trouble == {"unknown metric": 3, "missing in birth": 2}
    assert notebook.examples["unknown metric"] == "PL2/CELL001/VOLT, PL2/CELL001/STATE, PL2/X"
    assert notebook.examples["missing in birth"] == "PL1/CELL001/VOLT, PL1/CELL001/STATE"


def test_times_fall_back_from_metric_to_payload_to_arrival() -> None:
    edge, notebook = born()
    payload = Payload(seq=2)
    payload.metrics.add(alias=2, double_value=4.2)
    edge.take(MessageType.DDATA, "PL1", payload.SerializeToString(), T0_US + 123)
    edge.take(MessageType.DDATA, "PL1", ddata(3, 4.3, timestamp=T0_MS - 5), T0_US)
    assert [row[1] for row in notebook.rows[-2:]] == [T0_US + 123, T0_US - 5000]
    assert notebook.trouble == {"no timestamp": 1}


def test_skew_is_payload_time_against_arrival() -> None:
    edge, notebook = born()
    edge.take(MessageType.DDATA, "PL1", ddata(2, 4.2, at_ms=T0_MS + 3000), T0_US + S)
    assert notebook.skews[-1] == pytest.approx(2000)


@pytest.mark.parametrize("payload", [b"\xff", b"not protobuf at all", b"\x12\x7f\x08", ddata(2, 1.0)[:-4]])
def test_malformed_payloads_are_counted_with_an_example(payload: bytes) -> None:
    edge, notebook = born()
    rows = len(notebook.rows)
    edge.take(MessageType.DDATA, "PL1", payload, T0_US)
    edge.take(MessageType.NBIRTH, None, payload, T0_US)
    edge.take(MessageType.NDEATH, None, payload, T0_US)
    assert edge.born
    assert notebook.trouble == {"malformed payload": 3}
    assert "NDEATH" in notebook.examples["malformed payload"]
    edge.take(MessageType.DDATA, "PL1", ddata(2, 4.2), T0_US)
    assert len(notebook.rows) == rows + 1


good = st.sampled_from([nbirth(), dbirth(), ddata(2, 1.0), ndeath(7), ddata(250, 1.0)])


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(MessageType)),
            good.flatmap(
                lambda p: st.one_of(
                    st.just(p), st.binary(max_size=40), st.integers(0, len(p)).map(lambda n, p=p: p[:n])
                )
            ),
        ),
        max_size=12,
    )
)
def test_no_message_makes_the_node_raise(messages: list[tuple[MessageType, bytes]]) -> None:
    edge, _ = node()
    now_us = T0_US
    for kind, payload in messages:
        now_us += S
        edge.take(kind, "PL1" if kind.startswith("D") else None, payload, now_us)
        edge.tick(now_us)
        edge.rebirth_due(now_us)
