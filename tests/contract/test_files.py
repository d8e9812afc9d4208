"""Import of history: both formats, both forms, and everything that may be wrong with a file."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from trial import complex_of

from didymium.acquire.causes import Cause
from didymium.acquire.files import BadFile, check_history, read_history
from didymium.model.mistakes import Mistake
from didymium.model.plant import Protocol
from didymium.model.readings import HISTORICAL, Readings
from didymium.model.status import BAD_OUT_OF_RANGE

COMPLEX, IDS = complex_of(Protocol.MODBUS, "", {}, [""] * 4)
T0, T1 = "S01.A1.U1.T0", "S01.A1.U1.T1"
MAY_1_US = 1_777_593_600_000_000  # 2026-05-01T00:00:00Z


def imported(file: Path) -> tuple[Readings, dict[str, tuple[int, str]]]:
    counted: dict[str, tuple[int, str]] = {}

    def discard(cause: str, count: int, example: str) -> None:
        counted[cause] = (counted.get(cause, (0, ""))[0] + count, example)

    return Readings.concat(list(read_history(file, COMPLEX, IDS, discard))), counted


def written(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "history.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def mistakes(file: Path) -> tuple[Mistake, ...]:
    with pytest.raises(BadFile) as caught:
        imported(file)
    assert check_history(file, COMPLEX, IDS) == caught.value.mistakes
    return caught.value.mistakes


def test_long_csv(tmp_path: Path) -> None:
    readings, counted = imported(
        written(
            tmp_path,
            "path,time,value,status\n"
            f"{T0},2026-05-01T00:00:00Z,1.5,\n"
            f"{T1},2026-05-01 08:00:00.250+08:00,12.3,0x40000000\n"
            f"{T0},2026-05-01T08:00:01,2,0\n",  # no zone: the plant's, Asia/Shanghai
        )
    )
    assert readings.tag.tolist() == [11, 12, 11]
    assert (readings.time_us - MAY_1_US).tolist() == [0, 250_000, 1_000_000]
    assert readings.value.tolist() == [1.5, 12.3, 2.0]
    assert readings.status.tolist() == [0, 0x4000_0000, 0]
    assert set(readings.flags.tolist()) == {HISTORICAL}
    assert counted == {}


def test_wide_csv_with_byte_order_mark_blank_lines_and_holes(tmp_path: Path) -> None:
    readings, counted = imported(
        written(tmp_path, f"\ufefftime_us,{T1},{T0}\r\n{MAY_1_US},1.5,\r\n\r\n{MAY_1_US + 1},2.5,7\r\n")
    )
    assert sorted(zip(readings.tag.tolist(), readings.time_us.tolist(), readings.value.tolist(), strict=True)) == [
        (11, MAY_1_US + 1, 7.0),
        (12, MAY_1_US, 1.5),
        (12, MAY_1_US + 1, 2.5),
    ]
    assert counted == {}


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_parquet_in_any_time_unit_with_dictionary_paths(tmp_path: Path, unit: str) -> None:
    file = tmp_path / "history.parquet"
    time = pa.array([MAY_1_US, MAY_1_US, MAY_1_US + 1000]).cast(pa.timestamp("us", "UTC"))
    table = pa.table(
        {
            "path": pa.array([T0, T1, T0]).dictionary_encode(),
            "time": time.cast(pa.timestamp(unit, "UTC")),
            "value": pa.array([1.5, 2.5, 3.5], pa.float32()),
            "status": pa.array([0, 0x8000_0000, 0], pa.uint32()),
        }
    )  # fmt: skip
    pq.write_table(table, file)
    readings, _ = imported(file)
    assert readings.tag.tolist() == [11, 12, 11]
    assert readings.time_us.tolist() == [MAY_1_US, MAY_1_US, MAY_1_US + 1000]
    assert readings.status.tolist() == [0, 0x8000_0000, 0]


def test_wide_parquet_with_local_time(tmp_path: Path) -> None:
    file = tmp_path / "history.parquet"
    local = pa.array([MAY_1_US + 8 * 3_600_000_000]).cast(pa.timestamp("us"))
    pq.write_table(pa.table({"time": local, T0: [3], T1: pa.array([None], pa.float64())}), file)
    readings, _ = imported(file)
    assert (readings.tag.tolist(), readings.time_us.tolist(), readings.value.tolist()) == ([11], [MAY_1_US], [3.0])


def test_many_blocks_keep_every_row_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("didymium.acquire.files.BLOCK_BYTES", 4096)
    rows = [f"{T0},{MAY_1_US + i},{i / 10}" for i in range(1000)]
    rows[500] = rows[499]  # the same again
    blocks = list(read_history(written(tmp_path, "path,time_us,value\n" + "\n".join(rows)), COMPLEX, IDS))
    assert len(blocks) > 5
    readings = Readings.concat(blocks)
    assert readings.time_us.tolist() == [MAY_1_US + i for i in range(1000) if i != 500]


def test_same_row_twice_is_counted_once_and_impossible_values_are_bad(tmp_path: Path) -> None:
    readings, counted = imported(
        written(tmp_path, f"path,time_us,value\n{T0},1,1\n{T0},1,1.0\n{T0},2,nan\n{T0},3,-inf\n{T0},4,5000\n{T0},0,1\n")
    )
    assert readings.status.tolist() == [0, BAD_OUT_OF_RANGE, BAD_OUT_OF_RANGE, BAD_OUT_OF_RANGE, 0]
    assert math.isnan(readings.value[1]) and readings.value[2] == -np.inf
    assert {cause: count for cause, (count, _) in counted.items()} == {
        Cause.DUPLICATE: 1,
        Cause.NOT_FINITE: 2,
        Cause.OUT_OF_RANGE: 1,
    }
    assert counted[Cause.DUPLICATE][1] == "history.csv: row 3 repeats row 2"


def test_bad_cells_are_named_with_line_column_and_what_was_read(tmp_path: Path) -> None:
    found = mistakes(
        written(
            tmp_path,
            "path,time,value,status\n"
            f"{T0},2026-05-01T00:00:00Z,1.5,\n"
            "S01.A1.U1.TO,2026-05-01T00:00:00Z,1.5,\n"
            f"{T0},01.05.2026 00:00,1.5,\n"
            "\n"
            f'{T0},2026-05-01T00:00:02Z,"1,5",\n'
            f"{T0},2026-05-01T00:00:03Z,,\n"
            f"{T0},2026-05-01T00:00:04Z,1,good\n",
        )
    )
    assert [(m.row, m.column, m.read) for m in found] == [
        (3, "path", "S01.A1.U1.TO"),
        (4, "time", "01.05.2026 00:00"),
        (6, "value", "1,5"),
        (8, "status", "good"),
    ]
    assert "S01.A1.U1.T0" in found[0].hint and "2026-05-01T08:00:00Z" in found[1].hint


def test_missing_value_needs_a_bad_status(tmp_path: Path) -> None:
    readings, _ = imported(written(tmp_path, f"path,time_us,value,status\n{T0},1,,0x80000000\n"))
    assert math.isnan(readings.value[0]) and readings.status.tolist() == [0x8000_0000]
    (mistake,) = mistakes(written(tmp_path, f"path,time_us,value,status\n{T0},1,,\n"))
    assert (mistake.row, mistake.column) == (2, "value") and "bad status" in mistake.hint


def test_rows_that_contradict_each_other(tmp_path: Path) -> None:
    (mistake,) = mistakes(written(tmp_path, f"path,time_us,value\n{T0},1,1\n{T1},1,1\n{T0},1,2\n"))
    assert (mistake.row, mistake.column, mistake.read) == (4, "value", "2")
    assert mistake.hint.startswith("row 2 says 1 ")


@pytest.mark.parametrize(
    ("text", "read", "hint"),
    [
        (f"path;time;value\n{T0};1;2\n", "path;time;value", "separated by commas"),
        (f"path,when,value\n{T0},1,2\n", "path,when,value", "no column time"),
        (f"path,time,val\n{T0},1,2\n", "path,time,val", "no column value"),
        ("time,S01.A1.U1.T9\n1,2\n", "S01.A1.U1.T9", "no such tag"),
        (f"time,{T0},{T0}\n1,2,3\n", T0, "stands twice"),
        ("", "", "the file is empty"),
        (b"\xff\xfep\0a\0t\0h\0", "UTF-16", "save the file as CSV UTF-8"),
    ],
)
def test_wrong_header(tmp_path: Path, text: str | bytes, read: str, hint: str) -> None:
    found = mistakes(written(tmp_path, text))
    assert any(m.row == 1 and m.read == read and hint in m.hint for m in found), found


def test_row_with_too_few_columns(tmp_path: Path) -> None:
    found = mistakes(written(tmp_path, f"path,time_us,value\n{T0},1,1\n{T0},2\n{T0},3,3\n"))
    assert [(m.row, m.hint) for m in found] == [(3, "expected 3 columns, got 2")]


def test_wrong_encoding_is_found_in_its_line(tmp_path: Path) -> None:
    text = f"path,time_us,value\n{T0},1,1\n{T0},2,二\n"
    (mistake,) = mistakes(written(tmp_path, text.encode("gb18030")))
    assert mistake.row == 3 and "二" in mistake.read and "UTF-8" in mistake.hint


def test_file_that_is_no_parquet(tmp_path: Path) -> None:
    file = tmp_path / "history.parquet"
    file.write_text("path,time,value\n")
    (mistake,) = mistakes(file)
    assert "no Parquet file" in mistake.hint


def test_parquet_column_that_holds_no_numbers(tmp_path: Path) -> None:
    file = tmp_path / "history.parquet"
    pq.write_table(pa.table({"path": [T0], "time_us": [1], "value": pa.array([[1.0]])}), file)
    assert mistakes(file)[0].column == "value"
