"""Balances over HTTP: sheets as they close, streams with their readings, the same window again, refusals in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
import pytest

from didymium.historian import Position
from didymium.model import starter
from didymium.model.folder import read_complex
from didymium.model.readings import Readings
from tests.served import Served, served
from tests.unit.kpi_desk import REACTOR

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
T0 = 1_768_464_000_000_000
NOW_US = T0 + 2 * HOUR_US
SHEET = """
[[sheets]]
id = "solution"
name = { en = "Solution", zh = "溶液" }
quantity = "water"
unit = "m³"
source = "a trial"

[[sheets.nodes]]
id = "reactor"
name = { en = "Reactor", zh = "反应釜" }
unit = "S01.PR1.PRECIP001"

[[sheets.streams]]
id = "came"
name = { en = "Feed", zh = "进料" }
to = "reactor"
formula = "growth(S01.PR1.PRECIP001.TOT_FEED)"
percent = 0.5
least = 0.01

[[sheets.streams]]
id = "went"
name = { en = "Discharge", zh = "出料" }
from = "reactor"
formula = "growth(S01.PR1.PRECIP001.TOT_FEED) * 0.9"
percent = 0.5
least = 0.01

[[sheets.streams]]
id = "mist"
name = { en = "Mist", zh = "雾沫" }
from = "reactor"
formula = "growth(S01.PR1.PRECIP001.TOT_FEED) * 0"
percent = 0.5
least = 0.01
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The starter's complex at 18:00; since 16:00 the reactor took 12 m³ an hour, and its discharge shows 10 % less."""
    folder = tmp_path_factory.mktemp("balances") / "c"
    starter.write(folder)
    (folder / "balances.toml").write_text(SHEET, encoding="utf-8")
    plant = read_complex(folder)
    with served(folder, plant=plant, now_us=lambda: NOW_US) as one:
        time_us = np.arange(T0, NOW_US, MINUTE_US // 60)
        id_ = one.historian.ids.ids[plant.tags.row_of[f"{REACTOR}.TOT_FEED"]]
        grown = 100.0 + 12.0 * (time_us - T0) / HOUR_US
        readings = Readings.of(np.full(len(time_us), id_, np.uint32), time_us, grown)
        one.historian.write(readings, Position("e1", 1, 1))
        one.desk.kpis.take(readings)  # type: ignore[attr-defined]
        yield one


def asked(server: Served, path: str, **query: object) -> tuple[int, Any]:
    try:
        with urlopen(f"{server.address}{path}?{urlencode(query)}", timeout=60) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def test_a_sheet_that_does_not_close_says_what_is_missing_and_who_may_be_wrong(server: Served) -> None:
    status, told = asked(server, "/api/balances", window="now")
    assert status == 200
    (sheet,) = told["sheets"]
    closing = sheet["closing"]
    assert closing["came"] == pytest.approx(12.0, rel=1e-3)
    assert closing["missing_percent"] == pytest.approx(10.0, rel=1e-6)
    assert closing["suspicious"] and closing["objective"] > closing["limit"]
    (error,) = closing["errors"]
    assert error["kind"] == "bias" and error["first"] in ("came", "went")
    also = {each["en"] for each in error["same"]}
    assert any("Reactor" in each for each in also), "a leak would look the same, and that is said"


def test_streams_have_readings_and_what_must_have_been_and_the_same_window_gives_the_same_bits(server: Served) -> None:
    window = {"sheet": "solution", "from_us": T0 + 10 * MINUTE_US, "to_us": T0 + 70 * MINUTE_US}
    status, told = asked(server, "/api/balances/sheet", **window)
    assert status == 200
    streams = {stream["id"]: stream for stream in told["streams"]}
    came, went, mist = (streams[id_] for id_ in ("came", "went", "mist"))
    assert (came["from"], came["to"], came["figure"], came["class"]) == ("", "reactor", "solution_came", "redundant")
    assert went["reading"] == pytest.approx(0.9 * came["reading"], rel=1e-12)
    assert came["value"] == pytest.approx(went["value"] + mist["value"], rel=1e-9)
    assert (came["adjustment"] < 0.0 < went["adjustment"]) and went["statistic"] < 0.0 < came["statistic"]
    (node,) = told["nodes"]
    assert node["imbalance"] == pytest.approx(0.1 * came["reading"], rel=1e-9)
    assert node["statistic"] == pytest.approx(node["imbalance"] / node["sigma"], rel=1e-12)
    assert told["nodes_limit"] == pytest.approx(2.5758, abs=1e-4), "one node at the level of 1 %"
    again = asked(server, "/api/balances/sheet", **window, anew="true")[1]
    assert (again["digest"], again["streams"]) == (told["digest"], told["streams"])


def test_a_window_without_readings_says_which_meters_are_silent(server: Served) -> None:
    window = {"from_us": T0 - 40 * MINUTE_US, "to_us": T0 - 10 * MINUTE_US}
    told = asked(server, "/api/balances/sheet", sheet="solution", **window)[1]
    assert sorted(told["closing"]["silent"]) == ["came", "mist", "went"]
    assert {stream["class"] for stream in told["streams"]} == {"unobservable"}
    assert asked(server, "/api/balances", window="month")[1]["sheets"][0]["closing"] is None


@pytest.mark.parametrize(
    ("path", "query", "status", "words"),
    [
        ("/api/balances", {"window": "weak"}, 400, "there is no window 'weak'"),
        ("/api/balances/sheet", {"sheet": "solutio", "window": "now"}, 404, "'solution'"),
        ("/api/balances/sheet", {"sheet": "solution", "from_us": 5, "to_us": 5}, 400, "from"),
        ("/api/balances/sheet", {"sheet": "solution", "from_us": T0, "to_us": T0 + 50 * HOUR_US}, 400, "at most 49 h"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(
    server: Served, path: str, query: dict[str, object], status: int, words: str
) -> None:
    found, told = asked(server, path, **query)
    assert found == status and words in told["detail"]
