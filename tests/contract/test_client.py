"""The Python client against a real server: history, the present, live changes, and what a person reads on refusal."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest

from didymium.client import CentreNotReached, Complex, RefusedByCentre, Told, connect
from didymium.model.readings import Readings
from didymium.web import slices
from tests.docs.pages import PROJECT, blocks
from tests.served import Served, served

START = datetime(2026, 5, 1, tzinfo=UTC)
START_US = 1_777_593_600_000_000
END = START + timedelta(hours=1)
TAGS = 80
T = [f"S01.A1.U1.T{i}" for i in range(TAGS)]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("centre"), TAGS) as one:
        tag = np.repeat(one.historian.ids.ids, 600)
        time_us = np.tile(START_US + np.arange(600) * 6_000_000, TAGS)
        one.historian.import_history(Readings.of(tag, time_us, np.arange(len(tag)) / 4), "history")
        yield one


@pytest.fixture
def plant(centre: Served) -> Complex:
    return connect(centre.address)


def told_values(told: Told) -> dict[str, float]:
    return dict(zip(told.rows["path"].to_pylist(), told.rows["value"].to_pylist(), strict=True))


def live(centre: Served, *values: float) -> None:
    """New readings of the first tags, now."""
    now_us = np.full(len(values), time.time_ns() // 1000)
    centre.take(Readings.of(centre.historian.ids.ids[: len(values)], now_us, np.array(values)))


def test_raw_is_the_same_in_arrow_pandas_and_polars(plant: Complex) -> None:
    table = plant.raw([T[3], T[0]], START, END)
    assert table.schema.names == ["path", "time", "value", "status", "flags"]
    assert table["path"].to_pylist() == [T[3]] * 600 + [T[0]] * 600
    assert table["value"].to_pylist()[:2] == [450.0, 450.25]
    frame = table.to_pandas()
    assert str(frame["time"].dtype) == "datetime64[us, UTC]" and frame["time"].iloc[1] == pd.Timestamp(
        "2026-05-01T00:00:06Z"
    )
    polars = pl.from_arrow(table)
    assert isinstance(polars, pl.DataFrame)
    assert polars["time"].dtype == pl.Datetime("us", "UTC") and polars["value"].to_list() == frame["value"].tolist()


def test_every_row_of_every_tag_comes_however_it_is_cut(plant: Complex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "SLICE_ROWS", 20_000)
    monkeypatch.setattr("didymium.client.complex.LONGEST_QUERY", 300)
    table = plant.raw(T, "2026-05-01T08:00:00+08:00", START_US + 3_600_000_000)
    assert table.num_rows == TAGS * 600
    assert table["value"].to_numpy().tolist() == (np.arange(TAGS * 600) / 4).tolist()
    assert table.to_pandas()["path"].astype(str).tolist() == list(np.repeat(T, 600))
    assert len(list(plant.batches(T[:8], START, END))) >= 2


def test_nothing_is_an_empty_table_of_the_same_columns(plant: Complex) -> None:
    assert plant.raw(T[0], "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z").schema.equals(
        plant.raw(T[0], START, END).schema
    )


def test_buckets_of_more_tags_than_one_request_answers(plant: Complex) -> None:
    table = plant.buckets("S01.*", START, END, 6)
    assert table.num_rows == TAGS * 6
    row = table.slice(7, 1).to_pylist()[0]  # tag 1, second stretch of ten minutes: readings 700 to 799
    assert row["path"] == T[1] and row["time"] == START + timedelta(minutes=10)
    assert (row["min"], row["max"], row["mean"], row["last"]) == (175.0, 199.75, 187.375, 199.75)
    assert (row["count"], row["good"], row["last_status"]) == (100, 100, 0)
    assert table.schema.metadata[b"width_us"] == b"600000000"


def test_aggregates_by_their_standard_names(plant: Complex) -> None:
    counts = plant.aggregate("Count", T[:3], START, END, "10m")
    assert counts["path"].to_pylist() == list(np.repeat(T[:3], 6)) and counts["value"].to_pylist() == [100.0] * 18
    whole = plant.aggregate("Maximum", T[1], START, END).to_pylist()
    assert [(row["time"], row["value"]) for row in whole] == [(START, 299.75)]
    with pytest.raises(RefusedByCentre, match="TimeAverage"):
        plant.aggregate("TimeAverag", T[0], START, END)


def test_what_came_later_was_not_known_before(plant: Complex) -> None:
    soon_us = time.time_ns() // 1000 + 60_000_000  # the history was imported just now
    assert plant.raw(T[0], START, END, known_at="-1d").num_rows == 0
    assert plant.raw(T[0], START, END, known_at=soon_us).num_rows == 600
    assert plant.buckets(T[0], START, END, 6, known_at="-1d").num_rows == 0
    assert plant.buckets(T[0], START, END, 6, known_at=soon_us)["count"].to_pylist() == [100] * 6


def test_sql_and_tags(plant: Complex) -> None:
    assert plant.sql("SELECT count() AS n FROM points").to_pylist() == [{"n": TAGS * 600}]
    tags = plant.tags("S01.A1.U1.T7?")
    assert tags["path"].to_pylist() == T[70:]
    first = tags.to_pylist()[0]
    assert (first["unit"], first["low"], first["high"], first["hh"]) == ("kW", 0.0, 1000.0, None)


def test_newest(centre: Served, plant: Complex) -> None:
    live(centre, 1.5)
    deadline = time.monotonic() + 30
    while plant.newest(T[0])["value"][0].as_py() != 1.5:
        assert time.monotonic() < deadline
    assert plant.newest(T[79]).to_pylist()[0]["time"] is None


def test_refusals_are_the_centres_own_words(plant: Complex) -> None:
    with pytest.raises(RefusedByCentre, match=r"the nearest is 'S01\.A1\.U1\.T0'") as caught:
        plant.raw("S01.A1.U1.TO", START, END)
    assert caught.value.status == 404
    with pytest.raises(RefusedByCentre, match="runs backwards"):
        plant.raw(T[0], END, START)
    with pytest.raises(RefusedByCentre, match="1,000,000 buckets"):
        plant.buckets(T[0], START, END, 1_000_000)
    with pytest.raises(RefusedByCentre, match="refused: only"):
        plant.sql("DROP TABLE points")


def test_an_answer_that_breaks_off_is_not_taken_for_the_whole(
    centre: Served, plant: Complex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "SLICE_ROWS", 100)
    span = centre.historian.span

    def fails_later(ids: list[int], from_us: int, to_us: int, **more: int | None) -> Readings:
        if from_us > START_US:
            raise RuntimeError("the disk is gone")
        return span(ids, from_us, to_us, **more)

    monkeypatch.setattr(centre.historian, "span", fails_later)
    with pytest.raises(CentreNotReached):
        plant.raw(T[0], START, END)


def test_follow_begins_whole_and_goes_on_with_changes(centre: Served, plant: Complex) -> None:
    with plant.follow(T[:3]) as following:
        first = next(following)
        assert first.whole and first.missed is None and set(told_values(first)) == set(T[:3])
        live(centre, 10.0, 11.0)
        second = next(following)
        assert not second.whole and told_values(second) == {T[0]: 10.0, T[1]: 11.0}
        assert second.rows["status"].to_pylist() == [0, 0]
        assert abs(second.rows["time"].to_pylist()[0] - second.at) < timedelta(seconds=10)


def test_follow_says_what_was_missed_while_the_centre_was_away(centre: Served, plant: Complex) -> None:
    live(centre, 1.0)
    with plant.follow(T[0]) as following:
        before = next(following)
        while told_values(before) != {T[0]: 1.0}:
            before = next(following)
        with centre.away():
            live(centre, 2.0)
        after = next(following)
        while after.missed is None:  # a row may come twice
            before, after = after, next(following)
        assert after.whole and told_values(after) == {T[0]: 2.0}
        assert after.missed.start == before.at and after.missed.end == after.at > before.at
        live(centre, 3.0)
        assert next(following).missed is None


async def test_follow_without_blocking_the_loop(centre: Served, plant: Complex) -> None:
    async with plant.follow(T[0]) as following:
        assert told_values(await anext(following)).keys() == {T[0]}
        waiting = asyncio.create_task(anext(following))
        await asyncio.sleep(0.05)
        live(centre, 42.0)
        assert told_values(await asyncio.wait_for(waiting, 10)) == {T[0]: 42.0}
    with pytest.raises(StopAsyncIteration):
        await anext(following)


def test_closing_ends_a_wait_in_another_thread(plant: Complex) -> None:
    following = plant.follow(T[5])
    next(following)
    ended: list[Told | None] = []
    thread = threading.Thread(target=lambda: ended.append(next(following, None)))
    thread.start()
    time.sleep(0.05)
    following.close()
    thread.join(10)
    assert ended == [None]


def test_follow_of_nobody_and_of_too_many(plant: Complex, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CentreNotReached):
        connect("http://127.0.0.1:9").follow("S01.*")
    monkeypatch.setattr("didymium.client.complex.MOST_TAGS", 5)
    with pytest.raises(ValueError, match="80 tags"):
        plant.follow("S01.*")


def test_the_page_on_python_runs(centre: Served, capsys: pytest.CaptureFixture[str]) -> None:
    page = PROJECT / "docs" / "how-to" / "read-history-from-python.md"
    code = "\n".join(block.text for block in blocks("python") if block.page == page)
    code = code.replace("http://127.0.0.1:8600", centre.address)
    for shown, there in (("CELL041.VOLT_PV", "T0"), ("CELL041.CUR_PV", "T1"), ("CELL041.Volt_PV", "TO")):
        code = code.replace(f"S03.PL5.{shown}", f"S01.A1.U1.{there}")
    code = re.sub(r'"S03\.PL5\.[^"]*"', '"S01.A1.U1.T?"', code)
    exec(compile(code, str(page), "exec"), {})
    said = capsys.readouterr().out
    assert "10 tags all of them" in said and "no tag has the path" in said and "the nearest is" in said
