"""Rows that leave: every format read by a reader that is not ours, and refusals in words for a person."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from didymium.acquire.history_blocks import BadFile
from didymium.client import RefusedByCentre
from didymium.historian import DiskFull, EngineError
from didymium.model.readings import Readings
from didymium.model.status import BAD_NO_DATA
from didymium.service import ask
from didymium.service.answers import Refused
from didymium.service.imports import import_file
from didymium.service.instance import Instance, read_instance
from didymium.web import sheets, slices
from tests.served import Served, served

START_US = 1_777_593_600_000_000  # 2026-05-01T00:00:00Z
HOUR_US = 3_600_000_000
T = [f"S01.A1.U1.T{i}" for i in range(6)]
ODD = [0.1, -0.0, 1e300, 5e-324, float("inf"), float("-inf"), float("nan"), 2.0**53 + 2, 1 / 3]


def history(centre: Served) -> Readings:
    """Tag 0 one reading a second for an hour, tag 1 the odd values, the others nothing."""
    first, second = centre.historian.ids.ids[:2]
    tag = np.concatenate([np.full(3600, first), np.full(len(ODD), second)]).astype(np.uint32)
    time_us = np.concatenate([np.arange(3600), np.arange(len(ODD))]) * 1_000_000 + START_US + 250_123
    status = np.zeros(len(tag), np.uint32)
    status[-3] = BAD_NO_DATA  # the NaN
    return Readings.of(tag, time_us, np.concatenate([np.round(np.sin(np.arange(3600)) * 100 + 100, 2), ODD]), status)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("centre")) as one:
        one.historian.import_history(history(one), "history")
        yield one


def asked(centre: Served, target: str, **query: Any) -> tuple[int, bytes, Any]:
    query = {"from_us": START_US, "to_us": START_US + HOUR_US} | query
    url = f"{centre.address}{target}?{urlencode({key: value for key, value in query.items() if value is not None})}"
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


def words(centre: Served, target: str, status: int, **query: Any) -> str:
    found, content, _ = asked(centre, target, **query)
    assert found == status, content
    return str(json.loads(content)["detail"])


def same(table: pa.Table, readings: Readings) -> None:
    """The rows are the readings, bit for bit."""
    assert table["time"].cast(pa.int64()).to_numpy().tolist() == readings.time_us.tolist()
    value = table["value"].to_numpy()
    assert value.view(np.int64).tolist() == readings.value.view(np.int64).tolist()
    assert table["status"].to_pylist() == readings.status.tolist()


def test_rows_of_many_tags_come_in_slices_bit_for_bit(centre: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "SLICE_ROWS", 500)
    _, content, headers = asked(centre, "/api/rows", tags="S01.*")
    assert headers["Content-Type"] == "application/vnd.apache.arrow.stream"
    batches = list(pa.ipc.open_stream(content))
    assert len(batches) >= 8
    table = pa.Table.from_batches(batches)
    same(table, history(centre))
    assert table["path"].to_pylist() == [T[0]] * 3600 + [T[1]] * len(ODD)


def test_tags_come_in_the_order_asked(centre: Served) -> None:
    _, content, _ = asked(centre, "/api/rows", tags=f"{T[1]},{T[0]}", to_us=START_US + 2_000_000)
    table = pa.ipc.open_stream(content).read_all()
    assert table["path"].to_pylist() == [T[1], T[1], T[0], T[0]]


def test_parquet_and_arrow_files(centre: Served) -> None:
    for form, read in (("parquet", pl.read_parquet), ("arrow", pl.read_ipc)):
        _, content, headers = asked(centre, "/api/export", tags="S01.*", format=form)
        assert headers["Content-Disposition"] == f'attachment; filename="readings.{form}"'
        frame = read(io.BytesIO(content))
        same(frame.to_arrow(), history(centre))
        assert str(frame["path"][-1]) == T[1]
    _, content, _ = asked(centre, "/api/export", tags=T[0], format="parquet")
    assert pd.read_parquet(io.BytesIO(content))["value"].iloc[1] == np.round(np.sin(1) * 100 + 100, 2)


def test_csv(centre: Served) -> None:
    _, content, _ = asked(centre, "/api/export", tags="S01.*", format="csv")
    frame = pd.read_csv(io.BytesIO(content), parse_dates=["time"])
    expected = history(centre)
    assert frame["path"].tolist() == [T[0]] * 3600 + [T[1]] * len(ODD)
    assert frame["value"].to_numpy().view(np.int64).tolist() == expected.value.view(np.int64).tolist()
    assert (frame["time"].astype("datetime64[us, UTC]").astype(np.int64) == expected.time_us).all()


def test_a_spreadsheet_goes_on_in_the_next_sheet(centre: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "SHEET_ROWS", 3001)
    _, content, _ = asked(centre, "/api/export", tags="S01.*", format="xlsx")
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    assert book.sheetnames == ["Readings 1", "Readings 2"]
    rows = [list(sheet.iter_rows(values_only=True)) for sheet in book]
    book.close()
    assert rows[0][0] == rows[1][0] == ("path", "time_utc", "value", "status", "flags")
    assert [len(sheet) for sheet in rows] == [3001, 1 + 609]
    assert rows[0][1][0] == T[0] and rows[0][1][1].isoformat() == "2026-05-01T00:00:00.250000"
    written = [row[2] for sheet in rows for row in sheet[1:]]
    assert written[:3600] == history(centre).value[:3600].tolist()
    assert written[3600:] == [0.1, 0, 1e300, 5e-324, "inf", "-inf", None, 2**53 + 2, 1 / 3]
    assert rows[1][-3][3] == BAD_NO_DATA
    frame = pl.read_excel(io.BytesIO(content), sheet_name="Readings 1")  # calamine
    assert frame["value"].to_list() == history(centre).value[:3000].tolist()


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet", "arrow"])
def test_no_data_is_a_file_with_a_heading(centre: Served, form: str) -> None:
    _, content, _ = asked(centre, "/api/export", tags=T[5], format=form)
    read: dict[str, Any] = {"csv": pl.read_csv, "parquet": pl.read_parquet, "arrow": pl.read_ipc}
    if form == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(content))
        assert [cell.value for cell in book.worksheets[0][1]] == ["path", "time_utc", "value", "status", "flags"]
        assert book.worksheets[0].max_row == 1
    else:
        frame = read[form](io.BytesIO(content))
        assert frame.height == 0 and frame.columns == ["path", "time", "value", "status", "flags"]


def test_no_data_is_an_empty_answer(centre: Served) -> None:
    series = json.loads(asked(centre, "/api/series", tags=T[5])[1])["tags"][0]
    assert series["path"] == T[5] and series["time_us"] == []
    assert json.loads(asked(centre, "/api/raw", tags=None, tag=T[5])[1])["value"] == []
    assert pa.ipc.open_stream(asked(centre, "/api/rows", tags=T[5])[1]).read_all().num_rows == 0


def test_ten_years_are_answered(centre: Served) -> None:
    ten_years = {"from_us": START_US - 9 * 365 * 24 * HOUR_US, "to_us": START_US + 365 * 24 * HOUR_US}
    table = pa.ipc.open_stream(asked(centre, "/api/rows", tags=T[0], **ten_years)[1]).read_all()
    assert table.num_rows == 3600
    series = json.loads(asked(centre, "/api/series", tags=T[0], buckets=100, **ten_years)[1])["tags"][0]
    assert sum(series["count"]) == 3600
    assert len(json.loads(asked(centre, "/api/raw", tag=T[0], limit=7, **ten_years)[1])["value"]) == 7


@pytest.mark.parametrize("target", ["/api/rows", "/api/series", "/api/export"])
def test_ranges_that_cannot_be(centre: Served, target: str) -> None:
    asks: dict[str, Any] = {"tags": T[0], "format": "csv"}
    said = words(centre, target, 400, from_us=START_US, to_us=START_US, **asks)
    assert "the range is empty" in said and "2026-05-01T00:00:00+00:00" in said
    said = words(centre, target, 400, from_us=START_US, to_us=START_US - 1, **asks)
    assert "runs backwards" in said and "exchange" in said
    said = words(centre, target, 400, from_us=START_US * 1000, to_us=START_US * 1000 + 1, **asks)
    assert "from_us" in said and "not ns" in said
    found, content, _ = asked(centre, target, from_us="yesterday", **asks)
    assert found == 400 and b"from_us" in content


def test_unknown_tags_get_the_nearest_name(centre: Served) -> None:
    said = words(centre, "/api/rows", 404, tags="S01.A1.U1.TO")
    assert "'S01.A1.U1.TO'" in said and "'S01.A1.U1.T0'" in said
    assert "'S01.A1.U1.T3'" in words(centre, "/api/raw", 404, tag="SO1.A1.U1.T3")
    assert "'A1'" in words(centre, "/api/series", 404, tags="S01.Al.*")
    assert "like S01.A1.U1.T0" in words(centre, "/api/newest", 400, tags=" ")


def test_a_million_buckets_and_other_too_much(centre: Served) -> None:
    said = words(centre, "/api/series", 400, tags=T[0], buckets=1_000_000)
    assert "1,000,000 buckets" in said and "4,000" in said and "/api/rows" in said
    assert "buckets is 0" in words(centre, "/api/series", 400, tags=T[0], buckets=0)
    assert "/api/rows" in words(centre, "/api/raw", 400, tag=T[0], limit=10**9)
    assert "csv, xlsx, parquet, arrow" in words(centre, "/api/export", 400, tags=T[0], format="xls")


def test_the_first_rows_do_not_read_the_others(centre: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "SLICE_ROWS", 100)
    reads: list[int] = []
    span = centre.historian.span

    def counted(*args: Any, **more: Any) -> Readings:
        reads.append(1)
        return span(*args, **more)

    monkeypatch.setattr(centre.historian, "span", counted)
    answer = json.loads(asked(centre, "/api/raw", tag=T[0], limit=150)[1])
    assert len(answer["value"]) == 150 and len(reads) == 2


def test_an_error_on_the_way_breaks_the_answer_off(centre: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "SLICE_ROWS", 500)
    span = centre.historian.span

    def fails_later(ids: list[int], from_us: int, to_us: int, **more: Any) -> Readings:
        if from_us > START_US + 1_000_000_000:
            raise RuntimeError("the disk is gone")
        return span(ids, from_us, to_us, **more)

    monkeypatch.setattr(centre.historian, "span", fails_later)
    with pytest.raises(Exception, match=r"IncompleteRead|incomplete|Connection"):
        asked(centre, "/api/rows", tags=T[0])
    monkeypatch.undo()
    assert asked(centre, "/api/rows", tags=T[0])[0] == 200


@pytest.fixture(params=["through the centre", "with a historian of its own"])
def instance(
    centre: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Instance:
    """An installation of the served complex; its commands reach the historian in both ways."""
    monkeypatch.setattr(ask, "read_complex", lambda folder: centre.plant)
    own = None if request.param == "through the centre" else centre.historian
    monkeypatch.setattr(ask, "own_historian", lambda instance, new=False: own)
    return read_instance(tmp_path, port=int(centre.address.rpartition(":")[2]))


def test_the_command_writes_what_another_reader_reads(
    centre: Served,
    instance: Instance,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(slices, "SLICE_ROWS", 1000)
    monkeypatch.setattr("didymium.client.complex.LONGEST_QUERY", 30)  # two tags in a request
    file = tmp_path / "readings.parquet"
    told: list[float] = []
    write = ask.write_file
    monkeypatch.setattr(
        ask,
        "write_file",
        lambda *given: write(*given[:3], lambda rows, share: told.append(share) or given[3](rows, share)),
    )
    assert ask.export(instance, "S01.*", file, "2026-05-01T00:00:00Z", "2026-05-01T09:00:00+08:00") == 0
    same(pl.read_parquet(file).to_arrow(), history(centre))
    assert told == sorted(told) and 0 < told[0] < 0.2 and told[-1] <= 1
    assert "3,609 readings of 6 tags" in capsys.readouterr().out
    assert [path.name for path in tmp_path.glob("readings*")] == ["readings.parquet"]


def test_an_export_that_fails_leaves_no_file(
    centre: Served, instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*given: Any, **more: Any) -> Readings:
        raise EngineError(0, "the disk is gone")

    monkeypatch.setattr(centre.historian, "span", fails)
    with pytest.raises((RefusedByCentre, EngineError), match="the disk is gone"):
        ask.export(instance, "S01.*", tmp_path / "readings.csv", "-1h", "now")
    assert list(tmp_path.glob("readings*")) == []


@pytest.mark.parametrize(
    ("tags", "file", "start", "end", "said"),
    [
        ("S01.*", "x.xls", "-1h", "now", r"\.csv, \.xlsx, \.parquet, \.arrow"),
        ("S02.*", "x.csv", "-1h", "now", "'S01'"),
        ("S01.*", "x.csv", "now", "-1h", "not after"),
        ("S01.*", "x.csv", "2026-05-01T00:00:00", "now", "has no zone"),
    ],
)
def test_exports_that_cannot_be(
    instance: Instance, tmp_path: Path, tags: str, file: str, start: str, end: str, said: str
) -> None:
    with pytest.raises(ask.BadRequest, match=said):
        ask.export(instance, tags, tmp_path / file, start, end)


def test_an_import_stores_the_rest_lists_the_refused_and_stores_nothing_twice(
    centre: Served, instance: Instance, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hour = 3 if ask.own_historian(instance) else 2  # each way its own rows
    file = tmp_path / "history.csv"
    lines = [f"{T[2]},2026-05-01T{hour:02}:00:{second:02}Z,{second / 8}" for second in range(60)]
    lines += [f"S01.A1.U1.TO,2026-05-01T{hour:02}:00:00Z,1", f'{T[2]},2026-05-01T{hour:02}:01:00Z,"1,5"'] * 7
    file.write_text("path,time,value\n" + "\n".join(lines) + "\n")
    assert ask.import_files(instance, [file]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "60 readings stored" in said and "14 rows refused" in said and "7 unknown tag, such as" in said
    assert "the nearest is 'S01.A1.U1.T0'" in said and "read '1,5'" in said and "history.csv.refused.csv" in said
    refused = pd.read_csv(tmp_path / "history.csv.refused.csv")
    assert refused["row"].tolist() == [*range(62, 76, 2), *range(63, 77, 2)]
    assert set(refused["cause"]) == {"unknown tag", "not a number"} and refused["read"].iloc[-1] == "1,5"

    file.write_text("path,time,value\n" + "\n".join(lines[:60]) + "\n")  # mended
    assert ask.import_files(instance, [file]) == 0
    assert "0 readings stored, 60 were there already" in " ".join(capsys.readouterr().out.split())
    assert not (tmp_path / "history.csv.refused.csv").exists()
    span = (START_US + hour * HOUR_US, START_US + (hour + 1) * HOUR_US)
    stored = centre.historian.query(
        f"SELECT count() AS n FROM points WHERE ts >= fromUnixTimestamp64Micro({span[0]})"
        f" AND ts < fromUnixTimestamp64Micro({span[1]})"
    )
    assert stored["n"][0].as_py() == 60


def test_an_import_that_cannot_be_says_why_and_the_centre_goes_on(
    centre: Served, instance: Instance, tmp_path: Path
) -> None:
    file = tmp_path / "history.csv"
    file.write_text("path;time;value\n")
    with pytest.raises((Refused, BadFile), match="separated by commas"):
        ask.import_files(instance, [file])
    with pytest.raises(ask.BadRequest, match="a folder, not a file"):
        ask.import_files(instance, [tmp_path])
    with pytest.raises(ask.BadRequest, match="no such file"):
        ask.import_files(instance, [tmp_path / "none.csv"])
    assert asked(centre, "/api/rows", tags=T[0])[0] == 200


def test_a_disk_that_fills_during_an_import_is_said_and_nothing_is_taken_for_stored(
    centre: Served, instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "history.csv"
    file.write_text("path,time,value\n" + f"{T[3 if ask.own_historian(instance) else 4]},2026-05-01T00:00:00Z,1\n")

    def full(readings: Readings, token: str) -> int:
        raise DiskFull("the store", 0, 1 << 30)

    with monkeypatch.context() as patch, pytest.raises((Refused, DiskFull), match="writing is paused"):
        patch.setattr(centre.historian, "import_history", full)
        ask.import_files(instance, [file])
    assert import_file(centre.plant, centre.historian, file).stored == 1
    assert import_file(centre.plant, centre.historian, file).present == 1


def test_what_is_exported_comes_in_again_as_it_was(centre: Served, instance: Instance, tmp_path: Path) -> None:
    for ending in ("csv", "parquet"):
        file = tmp_path / f"again.{ending}"
        ask.export(instance, T[0], file, "2026-05-01T00:00:00Z", "2026-05-01T01:00:00Z")
        report = import_file(centre.plant, centre.historian, file)
        assert (report.stored, report.present, report.refused_rows) == (0, 3600, 0)
