"""Claims over HTTP: told with the running plant beside them, tried with other inputs, refused in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import pytest

from didymium.model.readings import Readings
from tests.served import Served, served
from tests.unit.claim_desk import FURNACES, MADE, claim, complex_with, step
from tests.unit.kpi_desk import REACTOR, SITE, kpi

MINUTE_US = 60_000_000
T0 = 1_768_464_000_000_000
"""16:00 in Shanghai."""
NOW_US = T0 + 120 * MINUTE_US
STEPS = step("volume", "made / density", "m³/d") + step("share", "made / made", "%")
DENSITY = (
    '{ name = "density", label = { en = "x", zh = "甲" }, value = 2, unit = "t/m³", low = 1, high = 3, '
    'origin = "assumed", source = "K" },\n'
)
MORE = 'decimals = 2\nlow = 4\nhigh = "made / furnaces * 2"\ncondition = { en = "If so.", zh = "须如此。" }\n'
CLAIMS = (
    claim(MORE + 'live = { kind = "headline", id = "solution", of = "volume" }\n', inputs=MADE + FURNACES + DENSITY,
          steps=STEPS)
    + claim('live = { kind = "flow", id = "chloride" }\n', unit="kg/d", id_="C2")
    + claim('live = { kind = "kpi", id = "x", scope = "S01", of = "share" }\n', steps=step("share", "1", "%"), id_="C3")
    + claim('live = { kind = "kpi", id = "y", scope = "S01", of = "made" }\n', id_="C4")
    + claim(id_="C5")
)  # fmt: skip
KPIS = kpi("mean('PRECIP*.LEVEL')", "%", SITE, "plan = 60\n") + kpi(
    "growth('PRECIP*.TOT_FEED') * heavy",
    "t",
    SITE,
    'plan = 9\namount = true\n[[kpis.constants]]\nname = "heavy"\nvalue = 1\nunit = "t/m³"\n',
    id_="y",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The starter's complex at 18:00; since 16:00 the reactor took 1.5 m³ an hour at a level of 50 %."""
    folder = tmp_path_factory.mktemp("claims") / "c"
    plant = complex_with(folder, CLAIMS)
    (folder / "kpis.toml").write_text(KPIS, encoding="utf-8")
    with served(folder, plant=plant, now_us=lambda: NOW_US) as one:
        time_us = np.arange(T0, NOW_US, MINUTE_US // 4)
        for tag, values in (("TOT_FEED", 100.0 + 1.5 * (time_us - T0) / (60 * MINUTE_US)), ("LEVEL", None)):
            id_ = one.historian.ids.ids[plant.tags.row_of[f"{REACTOR}.{tag}"]]
            of_tag = np.full(len(time_us), id_, np.uint32)
            readings = Readings.of(of_tag, time_us, np.full(len(time_us), 50.0) if values is None else values)
            one.desk.kpis.take(readings)  # type: ignore[attr-defined]
        yield one


def told(server: Served) -> dict[str, Any]:
    with urlopen(f"{server.address}/api/claims", timeout=60) as answer:
        return {each["id"]: each for each in json.load(answer)["claims"]}


def tried(server: Served, content: object) -> tuple[int, Any]:
    request = Request(f"{server.address}/api/claims/try", json.dumps(content).encode())
    request.add_header("Content-Type", "application/json")
    try:
        with urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def test_a_claim_is_told_with_all_that_it_came_from(server: Served) -> None:
    claims = told(server)
    assert list(claims) == ["C1", "C2", "C3", "C4", "C5"]
    one = claims["C1"]
    assert (one["name"], one["published"], one["source"]) == ({"en": "X", "zh": "甲"}, {"en": "x", "zh": "甲"}, "A1")
    assert one["inputs"][1] == {
        "name": "density", "label": {"en": "x", "zh": "甲"}, "value": 2.0, "unit": "t/m³", "low": 1.0, "high": 3.0,
        "step": 0.01, "origin": "assumed", "source": "K",
    }  # fmt: skip
    assert (one["inputs"][2]["low"], one["inputs"][2]["high"], one["inputs"][2]["step"]) == (54, 54, 0)
    assert one["steps"][0] == {
        "name": "volume", "label": {"en": "x", "zh": "甲"}, "value": pytest.approx(134), "unit": "m³/d", "decimals": 1,
        "formula": "made / density",
    }  # fmt: skip
    assert (one["value"], one["unit"], one["decimals"]) == (pytest.approx(268 / 54), "t/d", 2)
    assert one["formula"] == "made / furnaces"
    assert one["band"] == {"low": pytest.approx(4), "high": pytest.approx(2 * 268 / 54)}
    assert (one["verdict"], one["condition"]) == ("ok_if", {"en": "If so.", "zh": "须如此。"})
    assert one["why"]["en"] == "4.96 t/d lies between 4.00 and 9.93 t/d. If so."
    moves = {each["input"]: each for each in one["sensitivity"]}
    assert moves["made"]["per_unit"] == pytest.approx(1 / 54)
    assert (moves["furnaces"]["elasticity"], moves["density"]["per_unit"]) == (pytest.approx(-1), 0)
    assert (one["marks"], len(one["digest"])) == (["A", "K"], 64)
    assert (claims["C5"]["band"], claims["C5"]["condition"], claims["C5"]["live"]) == (
        {"low": None, "high": None}, None, None
    )  # fmt: skip


def test_the_running_plant_stands_beside_in_the_same_unit(server: Served) -> None:
    live = {id_: each["live"] for id_, each in told(server).items()}
    assert live["C1"] == {
        "kind": "headline", "id": "solution", "scope": "", "of": "volume", "value": pytest.approx(36, rel=0.02),
        "unit": "m³/d", "at_us": NOW_US, "plan": pytest.approx(7),
    }  # fmt: skip
    assert (live["C2"]["of"], live["C2"]["unit"]) == ("value", "kg/d")
    assert live["C2"]["value"] == pytest.approx(220 * 36, rel=0.02)  # 0.22 t of a cubic metre
    assert live["C2"]["plan"] == pytest.approx(1500)
    assert (live["C3"]["value"], live["C3"]["plan"], live["C3"]["scope"]) == (pytest.approx(50), 60, "S01")
    assert (live["C4"]["value"], live["C4"]["unit"]) == (None, "t/d"), "no six whole hours to tell the day's end by"
    assert live["C4"]["plan"] == pytest.approx(9)


def test_a_claim_is_tried_with_other_inputs_and_nothing_is_kept(server: Served) -> None:
    before = told(server)["C1"]
    status, one = tried(server, {"id": "C1", "inputs": {"made": 189, "density": 3}})
    assert (status, one["value"], one["verdict"]) == (200, pytest.approx(3.5), "broken")
    assert {each["name"]: each["value"] for each in one["inputs"]} == {"made": 189, "density": 3, "furnaces": 54}
    assert one["steps"][0]["value"] == pytest.approx(63)
    assert one["digest"] != before["digest"]
    assert tried(server, {"id": "C1", "inputs": {}})[1] == {**before, "live": None}
    assert told(server)["C1"] == before


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        ({"id": "C1", "inputs": {"made": 301}}, 400, "it can be tried from 100 to 300 t/d"),
        ({"id": "C1", "inputs": {"maid": 200}}, 400, "the nearest valid word is 'made'"),
        ({"id": "C1", "inputs": {"furnaces": 53}}, 400, "furnaces is given as 53; it is 54"),
        ({"id": "C1", "inputs": {"made": "many"}}, 400, "made is given as 'many'; it is a number"),
        ({"id": "C1", "inputs": {"made": 10**400}}, 400, "made is given as a number too large to reckon with"),
        ({"id": "C1", "inputs": {"made": None}}, 400, "it is a number"),
        ({"id": "C1", "inputs": {"made": True}}, 400, "it is a number"),
        ({"id": "C1", "inputs": [200]}, 400, "/api/claims/try"),
        ({"id": "C6", "inputs": {}}, 404, "there is no claim 'C6'"),
    ],
)
def test_what_cannot_be_tried_is_refused_in_words(
    server: Served, content: dict[str, object], status: int, words: str
) -> None:
    code, answer = tried(server, content)
    assert code == status
    assert words in answer["detail"]
