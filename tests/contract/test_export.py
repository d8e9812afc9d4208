"""Rows that leave: every format read by a reader that is not ours, and refusals in words for a person."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from didymium.model.readings import Readings
from didymium.model.status import BAD_NO_DATA
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
    return Readings.of(tag, time_us, np.concatenate([np.round(np.sin(np.arange(3600)) * 100, 2), ODD]), status)


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
    assert pd.read_parquet(io.BytesIO(content))["value"].iloc[1] == np.round(np.sin(1) * 100, 2)


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
