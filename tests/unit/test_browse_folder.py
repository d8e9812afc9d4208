"""What a browse finds becomes a folder that loads, with every address kept."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.acquire.browse import Found, write_folder
from didymium.acquire.browse_found import BOOL, DOUBLE, FLOAT, Shape, refined, whole_shape
from didymium.acquire.browse_sparkplug import Ears, points
from didymium.model.folder import check, read_complex
from didymium.model.plant import Complex, Kind, Protocol
from didymium.model.sparkplug import BDSEQ, DataType, MessageType, Payload, Topic


def found(*levels: str, address: str = "", **changes: object) -> Found:
    said: dict[str, object] = {
        "kind": Kind.ANALOG,
        "unit": "V",
        "low": 0.0,
        "high": 30.0,
        "resolution": "0.1",
        "labels": (),
        "description": "",
    }
    return Found(site="S1", levels=levels, address=address or "/".join(levels), **(said | changes))  # type: ignore[arg-type]


def loaded(points: list[Found], folder: Path) -> Complex:
    write_folder(points, folder, Protocol.OPCUA, "opc.tcp://127.0.0.1:4840", {"security": "None"})
    assert check(folder) == []
    return read_complex(folder)


def test_units_of_one_kind_share_a_template_and_keep_their_numbers(tmp_path: Path) -> None:
    cells = [found("PL1", f"CELL{n:03d}", tag) for n in (41, 42, 50) for tag in ("VOLT", "TEMP")]
    complex_ = loaded([*cells, found("PL2", "Rectifier", "KW")], tmp_path)
    assert complex_.tags.path == (
        "S1.PL1.CELL041.VOLT",
        "S1.PL1.CELL041.TEMP",
        "S1.PL1.CELL042.VOLT",
        "S1.PL1.CELL042.TEMP",
        "S1.PL1.CELL050.VOLT",
        "S1.PL1.CELL050.TEMP",
        "S1.PL2.RECTIFIER001.KW",
    )
    assert complex_.tags.address[4] == "PL1/CELL050/VOLT"
    assert set(complex_.templates) == {"T_CELL", "T_RECTIFIER"}
    assert complex_.sites[0].connection.options == {"security": "None"}


def test_units_with_other_tags_and_numbers_twice_get_what_is_free(tmp_path: Path) -> None:
    points = [
        found("PL1", "CELL001", "VOLT"),
        found("PL2", "CELL001", "VOLT"),
        found("PL2", "CELL002", "VOLT"),
        found("PL3", "CELL001", "AMPS"),
        found("alone"),
        found("Line 1", "pump", "1st speed"),
        found("Line 1", "pump", "1st/speed", address="other"),
    ]
    complex_ = loaded(points, tmp_path)
    assert complex_.tags.path == (
        "S1.PL1.CELL001.VOLT",
        "S1.PL2.CELL002.VOLT",
        "S1.PL2.CELL003.VOLT",
        "S1.PL3.CELLX2001.AMPS",
        "S1.MAIN.MAIN001.alone",
        "S1.LINE1.PUMP001.1st_speed",
        "S1.LINE1.PUMP001.1st_speedX2",
    )
    assert complex_.tags.address == tuple(p.address for p in points)


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "sites.toml").write_text("mine")
    with pytest.raises(FileExistsError):
        write_folder([found("a", "b", "c")], tmp_path, Protocol.OPCUA, "opc.tcp://h:1", {})


names = st.text(max_size=12)
kinds = st.sampled_from(
    [
        (Kind.ANALOG, -1e9, 1e9, "9 sig", ()),
        (Kind.BOOL, 0.0, 1.0, "1", ("off", "on")),
        (Kind.ENUM, 0.0, 1.0, "1", ("a b", "c,d")),
        (Kind.INT, -(2.0**53) + 1, 2.0**53 - 1, "1", ()),
    ]
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.lists(names, min_size=1, max_size=5), kinds, names, names), min_size=1, max_size=20))
def test_whatever_a_server_calls_its_points_the_folder_loads(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: list[tuple[list[str], tuple[Kind, float, float, str, tuple[str, ...]], str, str]],
) -> None:
    folder = tmp_path_factory.mktemp("browsed")
    said = [
        Found("Plant ü", tuple(levels), f"ns=2;i={i}", kind, unit, low, high, step, labels, text)
        for i, (levels, (kind, low, high, step, labels), unit, text) in enumerate(drawn)
    ]
    complex_ = loaded(said, folder)
    assert sorted(complex_.tags.address) == sorted(p.address for p in said)


def test_ranges_words_and_decimals_refine_what_the_type_says() -> None:
    nan = math.nan
    assert refined(DOUBLE, 0.0, 10.0, 2.0, ()) == (Shape(Kind.ANALOG, 0.0, 10.0, "0.01"), ())
    assert refined(FLOAT, 5.0, 5.0, None, ()) == (FLOAT, ())
    assert refined(DOUBLE, -math.inf, math.inf, None, ()) == (DOUBLE, ())
    assert refined(whole_shape(16, signed=True), 0.5, 9.0, None, ()) == (Shape(Kind.INT, -32768, 32767, "1"), ())
    assert refined(whole_shape(32, signed=True), nan, nan, None, ["IDLE", "RUN", "A|B"]) == (
        Shape(Kind.ENUM, 0.0, 2.0, "1"),
        ("IDLE", "RUN", "A/B"),
    )
    assert refined(BOOL, nan, nan, None, ["off", "on"]) == (BOOL, ("off", "on"))
    assert refined(whole_shape(64, signed=False), nan, nan, None, ["same", "same"])[0].high == 2**53 - 1


def test_births_become_points(tmp_path: Path) -> None:
    ears = Ears("")
    node, device = Payload(seq=0), Payload(seq=1)
    node.metrics.add(name=BDSEQ, datatype=DataType.INT64, long_value=1)
    node.metrics.add(name="COM/KW", datatype=DataType.FLOAT, float_value=1.0)
    volt = device.metrics.add(name="CELL001/VOLT", datatype=DataType.DOUBLE, double_value=4.0)
    for key, value in (
        ("engUnit", {"string_value": "V"}),
        ("engLow", {"double_value": 0}),
        ("engHigh", {"int_value": 30}),
    ):
        volt.properties.keys.append(key)
        volt.properties.values.add(**value)
    volt.metadata.description = "Cell voltage"
    device.metrics.add(name="CELL001/NOTE", datatype=DataType.STRING, string_value="x")
    ears.take(str(Topic(MessageType.NDATA, "G", "S03")), b"")
    assert ears.unasked == {("G", "S03")}
    ears.take(str(Topic(MessageType.NBIRTH, "G", "S03")), node.SerializeToString())
    ears.take(str(Topic(MessageType.DBIRTH, "G", "S03", "PL1")), device.SerializeToString())
    ears.take(str(Topic(MessageType.NBIRTH, "G", "S04")), b"\xff")
    seen = points(ears)
    assert seen.skipped == (("S03: PL1/CELL001/NOTE", "a STRING"),)
    write_folder(seen.found, tmp_path, Protocol.SPARKPLUG, "mqtt://127.0.0.1:1883", {"host": "h"})
    assert check(tmp_path) == []
    complex_ = read_complex(tmp_path)
    assert complex_.tags.path == ("S03.COM.COM001.KW", "S03.PL1.CELL001.VOLT")
    assert complex_.tags.address == ("COM/KW", "PL1/CELL001/VOLT")
    assert complex_.sites[0].connection.options == {"host": "h", "group": "G"}
    tag = complex_.tags.template_tag[1]
    assert (tag.unit, tag.low, tag.high, tag.description.en) == ("V", 0.0, 30.0, "Cell voltage")
