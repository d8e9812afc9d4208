"""Import of history: both formats, both forms, and everything that may be wrong with a file."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from trial import complex_of

from didymium.acquire.causes import Cause
from didymium.acquire.files import read_history
from didymium.acquire.history_blocks import BadFile
from didymium.acquire.refusals import Refused
from didymium.model.mistakes import Mistake
from didymium.model.plant import Protocol
from didymium.model.readings import HISTORICAL, Readings
from didymium.model.status import BAD_OUT_OF_RANGE

COMPLEX, IDS = complex_of(Protocol.MODBUS, "", {}, [""] * 4)
T0, T1 = "S01.A1.U1.T0", "S01.A1.U1.T1"
MAY_1_US = 1_777_593_600_000_000  # 2026-05-01T00:00:00Z


def taken(file: Path) -> tuple[Readings, dict[str, tuple[int, str]], list[tuple[str, Mistake]]]:
    """What is read, what was noticed by cause, and every refused row with its cause."""
    counted: dict[str, tuple[int, str]] = {}
    refused: list[tuple[str, Mistake]] = []

    def refuse(some: Refused) -> None:
        refused.extend((str(some.cause), mistake) for mistake in some.mistakes(file.name, len(some)))

    def discard(cause: str, count: int, example: str) -> None:
        counted[cause] = (counted.get(cause, (0, ""))[0] + count, example)

    blocks = [block.readings for block in read_history(file, COMPLEX, IDS, refuse, discard)]
    return Readings.concat(blocks), counted, refused


def imported(file: Path) -> tuple[Readings, dict[str, tuple[int, str]]]:
    readings, counted, refused = taken(file)
    assert refused == []
    return readings, counted


def written(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "history.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def mistakes(file: Path) -> tuple[Mistake, ...]:
    """Those for which the whole file is refused."""
    with pytest.raises(BadFile) as caught:
        imported(file)
    return caught.value.mistakes


def rows(readings: Readings) -> list[tuple[int, int, float]]:
    """Tag, µs since 1 May, value."""
    return list(
        zip(readings.tag.tolist(), (readings.time_us - MAY_1_US).tolist(), readings.value.tolist(), strict=True)
    )


def test_long_csv(tmp_path: Path) -> None:
    readings, counted = imported(
        written(
            tmp_path,
            "path,time,value,status\n"
            f"{T0},2026-05-01T00:00:00Z,1.5,\n"
            f"{T1},2026-05-01 08:00:00.250+08:00,12.3,0x40000000\n"
            f"{T0},2026-05-01T00:00:01.1234567Z,2,0\n",  # finer than µs: cut
        )
    )
    assert readings.tag.tolist() == [11, 12, 11]
    assert (readings.time_us - MAY_1_US).tolist() == [0, 250_000, 1_123_456]
    assert readings.value.tolist() == [1.5, 12.3, 2.0]
    assert readings.status.tolist() == [0, 0x4000_0000, 0]
    assert set(readings.flags.tolist()) == {HISTORICAL}
    assert counted == {}


def test_times_without_any_zone_are_the_plants(tmp_path: Path) -> None:
    text = f"path,time,value\n{T0},2026-05-01T08:00:01,2\n{T0},2026-05-01,1\n"  # Asia/Shanghai
    assert rows(imported(written(tmp_path, text))[0]) == [(11, 1_000_000, 2.0), (11, -8 * 3_600_000_000, 1.0)]


def test_mixed_zones_are_right_and_rows_without_one_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("didymium.acquire.history_blocks.BLOCK_BYTES", 150)
    # The zones come only in a later block than the times without one.
    text = (
        "path,time,value\n"
        + "".join(f"{T0},2026-05-01T08:00:0{second},{second}\n" for second in range(6))
        + f"{T0},2026-05-01T08:00:07+08:00,7\n{T0},2026-05-01T00:00:08Z,8\n{T0},2026-04-30T19:00:09-05:00,9\n"
    )
    readings, _, refused = taken(written(tmp_path, text))
    assert rows(readings) == [(11, second * 1_000_000, float(second)) for second in (7, 8, 9)]
    assert [(cause, mistake.row, mistake.column) for cause, mistake in refused] == [
        ("no zone where other rows have one", row, "time") for row in range(2, 8)
    ]
    assert refused[0][1].read == "2026-05-01T08:00:00" and "+08:00" in refused[0][1].hint


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


def test_a_wide_parquet_file_is_read_in_blocks_of_few_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("didymium.acquire.history_blocks.BLOCK_CELLS", 30)
    file = tmp_path / "history.parquet"
    time_us = MAY_1_US + np.arange(25)
    pq.write_table(pa.table({"time_us": time_us, T1: np.arange(25.0), T0: np.arange(25.0)}), file)
    blocks = list(read_history(file, COMPLEX, IDS))
    assert [len(block.readings) for block in blocks] == [20, 20, 10]
    assert blocks[-1].read_bytes == file.stat().st_size
    assert sorted(rows(Readings.concat([block.readings for block in blocks]))) == [
        (tag, at, float(at)) for tag in (11, 12) for at in range(25)
    ]


def test_many_blocks_keep_every_row_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("didymium.acquire.history_blocks.BLOCK_BYTES", 4096)
    lines = [f"{T0},{MAY_1_US + i},{i / 10}" for i in range(1000)]
    lines[500] = lines[499]  # the same again
    file = written(tmp_path, "path,time_us,value\n" + "\n".join(lines))
    blocks = list(read_history(file, COMPLEX, IDS))
    assert len(blocks) > 5
    readings = Readings.concat([block.readings for block in blocks])
    assert readings.time_us.tolist() == [MAY_1_US + i for i in range(1000) if i != 500]
    behind = [block.read_bytes for block in blocks]
    assert behind == sorted(behind) and behind[0] < 5_000 and 0.99 < behind[-1] / file.stat().st_size <= 1


def test_same_row_twice_is_counted_once_and_impossible_values_are_bad(tmp_path: Path) -> None:
    values = ((1, "1"), (1, "1.0"), (2, "nan"), (3, "-inf"), (4, "5000"), (0, "1"))
    text = "path,time_us,value\n" + "".join(f"{T0},{MAY_1_US + at},{value}\n" for at, value in values)
    readings, counted = imported(written(tmp_path, text))
    assert readings.status.tolist() == [0, BAD_OUT_OF_RANGE, BAD_OUT_OF_RANGE, BAD_OUT_OF_RANGE, 0]
    assert math.isnan(readings.value[1]) and readings.value[2] == -np.inf
    assert {cause: count for cause, (count, _) in counted.items()} == {
        Cause.DUPLICATE: 1,
        Cause.NOT_FINITE: 2,
        Cause.OUT_OF_RANGE: 1,
    }
    assert counted[Cause.DUPLICATE][1] == "history.csv: row 3 repeats row 2"


def test_rows_that_cannot_be_understood_are_refused_each_once_and_the_rest_is_taken(tmp_path: Path) -> None:
    readings, _, refused = taken(
        written(
            tmp_path,
            (
                "path,time,value,status\n"
                f"{T0},2026-05-01T00:00:00Z,1.5,\n"
                "S01.A1.U1.TO,2026-05-01T00:00:00Z,1.5,\n"
                f"{T0},01.05.2026 00:00,x,what\n"
                "\n"
                f'{T0},2026-05-01T00:00:02Z,"1,5",\n'
                f"{T0},2026-05-01T00:00:03Z,,\n"
                f"{T0},2026-05-01T00:00:04Z,1,good\n"
                f"{T0},2026-04-31T00:00:05Z,1,\n"
                f"{T0},2026-05-01T00:00:06Z\n"
                f"{T0},0026-05-01T00:00:07Z,1,\n"
            ).encode()
            + f"{T0},2026-05-01T00:00:08Z,二,\n{T1},2026-05-01T00:00:09Z,9,\n".encode("gb18030"),
        )
    )
    assert rows(readings) == [(11, 0, 1.5), (12, 9_000_000, 9.0)]
    found = sorted((mistake.row, mistake.column, cause, mistake.read) for cause, mistake in refused)
    assert found == [
        (3, "path", "unknown tag", "S01.A1.U1.TO"),
        (4, "time", "not a time", "01.05.2026 00:00"),
        (6, "value", "not a number", "1,5"),
        (7, "value", "no value", ""),
        (8, "status", "not a status", "good"),
        (9, "time", "not a time", "2026-04-31T00:00:05Z"),
        (10, "", "wrong number of columns", f"{T0},2026-05-01T00:00:06Z"),
        (11, "time", "time out of range", "0026-05-01T00:00:07Z"),
        (12, "value", "not UTF-8", "二"),
    ]
    hints = {mistake.row: mistake.hint for _, mistake in refused}
    assert "S01.A1.U1.T0" in hints[3] and "2026-05-01T08:00:00Z" in hints[4] and "bad status" in hints[7]
    assert hints[10] == "expected 4 columns, got 2"


def test_seconds_or_nanoseconds_taken_for_microseconds_are_refused(tmp_path: Path) -> None:
    text = f"path,time_us,value\n{T0},{MAY_1_US // 1_000_000},1\n{T0},{MAY_1_US * 1000},1\n{T0},{MAY_1_US},1\n"
    readings, _, refused = taken(written(tmp_path, text))
    assert rows(readings) == [(11, 0, 1.0)]
    assert [(cause, mistake.row) for cause, mistake in refused] == [("time out of range", 2), ("time out of range", 3)]


def test_a_bad_cell_of_a_wide_file_leaves_the_others_of_its_row(tmp_path: Path) -> None:
    text = f"time_us,{T0},{T1}\n{MAY_1_US},1,x\n{MAY_1_US + 1},,2\n"
    readings, _, refused = taken(written(tmp_path, text))
    assert rows(readings) == [(11, 0, 1.0), (12, 1, 2.0)]
    assert [(mistake.row, mistake.column, mistake.read) for _, mistake in refused] == [(2, T1, "x")]


def test_missing_value_with_a_bad_status_is_taken(tmp_path: Path) -> None:
    readings, _ = imported(written(tmp_path, f"path,time_us,value,status\n{T0},{MAY_1_US},,0x80000000\n"))
    assert math.isnan(readings.value[0]) and readings.status.tolist() == [0x8000_0000]


def test_of_rows_that_contradict_each_other_the_first_is_taken(tmp_path: Path) -> None:
    text = "path,time_us,value\n" + "".join(
        f"{tag},{MAY_1_US},{v}\n" for tag, v in ((T0, 1), (T1, 1), (T0, 2), (T0, 1))
    )
    readings, counted, refused = taken(written(tmp_path, text))
    assert sorted(rows(readings)) == [(11, 0, 1.0), (12, 0, 1.0)]
    ((cause, mistake),) = refused
    assert (cause, mistake.row, mistake.read) == ("contradicts a row before it", 4, "2")
    assert mistake.hint.startswith("row 2 says 1 ")
    assert counted[Cause.DUPLICATE] == (1, "history.csv: row 5 repeats row 2")


def test_a_file_of_broken_rows_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("didymium.acquire.history_blocks.MOST_BROKEN", 3)
    readings, _, refused = taken(written(tmp_path, "path,time_us,value\n" + f"{T0},{MAY_1_US}\n" * 9))
    assert len(readings) == 0
    assert sorted(cause for cause, _ in refused) == ["not readable from here on", *["wrong number of columns"] * 3]


def test_a_quote_that_is_never_closed_ends_the_reading_and_says_where(tmp_path: Path) -> None:
    text = f'path,time_us,value\n{T0},{MAY_1_US},1\n{T0},{MAY_1_US + 1},"2\n{T0},{MAY_1_US + 2},3\n'
    readings, _, refused = taken(written(tmp_path, text))
    assert len(readings) <= 1
    assert refused and all(mistake.row >= 2 for _, mistake in refused)


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


def test_file_that_is_no_parquet(tmp_path: Path) -> None:
    file = tmp_path / "history.parquet"
    file.write_text("path,time,value\n")
    (mistake,) = mistakes(file)
    assert "no Parquet file" in mistake.hint


def test_parquet_column_that_holds_no_numbers(tmp_path: Path) -> None:
    file = tmp_path / "history.parquet"
    pq.write_table(pa.table({"path": [T0], "time_us": [1], "value": pa.array([[1.0]])}), file)
    assert mistakes(file)[0].column == "value"


def test_parquet_rows_are_refused_one_by_one(tmp_path: Path) -> None:
    file = tmp_path / "history.parquet"
    time = pa.array([MAY_1_US, None, MAY_1_US + 2, MAY_1_US + 3]).cast(pa.timestamp("us", "UTC"))
    pq.write_table(pa.table({"path": [T0, T0, None, T0], "time": time, "value": [1.0, 2.0, 3.0, None]}), file)
    readings, _, refused = taken(file)
    assert rows(readings) == [(11, 0, 1.0)]
    assert [(cause, mistake.row) for cause, mistake in refused] == [
        ("not a time", 2),
        ("unknown tag", 3),
        ("no value", 4),
    ]


WRITERS: dict[str, Callable[[pl.DataFrame, Path], None]] = {
    "polars.parquet": lambda frame, file: frame.write_parquet(file),
    "polars categorical.parquet": lambda frame, file: frame.cast({"path": pl.Categorical}).write_parquet(file),
    "polars.csv": lambda frame, file: frame.write_csv(file),
    "pandas.parquet": lambda frame, file: frame.to_pandas().to_parquet(file),
    "pandas indexed.parquet": lambda frame, file: frame.to_pandas().set_index("time").to_parquet(file),
    "pandas category.parquet": lambda frame, file: frame.to_pandas().astype({"path": "category"}).to_parquet(file),
    "pandas.csv": lambda frame, file: frame.to_pandas().to_csv(file, index=False),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_files_as_other_programs_write_them(tmp_path: Path, writer: str) -> None:
    file = tmp_path / writer
    times = [datetime(2026, 5, 1, 0, 0, second, tzinfo=UTC) for second in range(3)]
    WRITERS[writer](pl.DataFrame({"path": [T0, T1, T0], "time": times, "value": [0.1, 2.0, -0.0]}), file)
    assert rows(imported(file)[0]) == [(11, 0, 0.1), (12, 1_000_000, 2.0), (11, 2_000_000, -0.0)]
