"""The training routes: the twin's answers as they are, its refusals in HTTP's terms, and 503 where no twin runs."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from didymium.model.plant import Text, Unit
from didymium.service.drill import TwinDesk
from didymium.twin.bank import Bank
from didymium.twin.faults import Faults
from didymium.twin.orders import AnyOrder, Catalogue, OrderRefused, Refused, State
from didymium.twin.scenario import INJECT, Event, Scenario
from didymium.twin.training import Training
from tests.served import Served, served

T0 = 1_800_000_000
FURNACE = "S01.A1.SC001"
NOBODY = 1
"""A port that nothing listens on."""
TWIN = {"there": True}


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    text = Text("", "")
    faults = Faults(["S01"])
    unit = Unit("SC001", "S01", "A1", "T_SC", 1, text, 0, 1)
    faults.add(Bank("T_SC", (unit,), {}, np.zeros((1, 1)), np.zeros((1, 1)), 0, np.zeros((1, 1), np.intp)))
    drill = Scenario("drill", Text("Drill", "演练"), (Event(60, INJECT, "F05", FURNACE),))
    training = Training(faults, [drill], seed=7, second=T0, folder=tmp_path_factory.mktemp("twin"))

    def twin(order: AnyOrder) -> State | Catalogue:
        if not TWIN["there"]:
            return TwinDesk(NOBODY).ask(order)
        answer = training.obey(order)
        if isinstance(answer, Refused):
            raise OrderRefused(answer)
        return answer

    with served(tmp_path_factory.mktemp("centre"), twin=twin) as one:
        yield one


def asked(centre: Served, path: str, told: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    """Status and JSON body of a GET, or of a POST of ``told``."""
    content = None if told is None else json.dumps(told).encode()
    request = urllib.request.Request(centre.address + path, content, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_a_fault_is_injected_seen_and_cleared(centre: Served) -> None:
    status, state = asked(centre, "/api/training/inject", {"code": "F12", "place": FURNACE, "size": 4, "who": "Li"})
    assert status == 200
    assert [(each["code"], each["size"], each["unit"]) for each in state["in_force"]] == [("F12", 4.0, "Pa/min")]
    assert asked(centre, "/api/training") == (200, state)
    assert (state["seed"], state["speed"], state["second"]) == (7, 1.0, T0)
    status, state = asked(centre, "/api/training/clear", {"code": "F12", "place": FURNACE, "who": "Li"})
    assert (status, state["in_force"]) == (200, [])
    assert [entry["act"] for entry in state["log"][:2]] == ["clear", "inject"]


def test_the_catalogue_has_measures_and_places(centre: Served) -> None:
    status, catalogue = asked(centre, "/api/training/catalogue")
    assert status == 200
    by_code = {fault["code"]: fault for fault in catalogue["faults"]}
    assert by_code["F12"]["size"] == {"unit": "Pa/min", "usual": 2.0, "least": 0.5, "most": 20.0}
    assert by_code["F12"]["places"] == [FURNACE]
    assert by_code["F05"]["size"] is None


def test_a_scenario_is_started_and_stopped(centre: Served) -> None:
    status, state = asked(centre, "/api/training/start", {"scenario": "drill", "who": "Li"})
    assert (status, state["running"]) == (200, {"id": "drill", "since_s": T0, "next_s": T0 + 60})
    assert asked(centre, "/api/training/start", {"scenario": "drill", "who": "Li"})[0] == 409
    status, state = asked(centre, "/api/training/stop", {"who": "Li"})
    assert (status, state["running"]) == (200, None)


@pytest.mark.parametrize(
    ("route", "told", "status", "words"),
    [
        ("inject", {"code": "F99", "place": FURNACE, "who": "Li"}, 404, "there is no fault 'F99'"),
        ("inject", {"code": "F12", "place": "S01.A1.SC01", "who": "Li"}, 404, f"the nearest is {FURNACE}"),
        ("inject", {"code": "F12", "place": FURNACE, "who": "Li", "size": 99}, 400, "from 0.5 to 20 Pa/min"),
        ("inject", {"code": "F12", "place": FURNACE, "who": " "}, 400, "who is empty"),
        ("inject", {"code": "F12", "place": FURNACE}, 400, "who"),
        ("clear", {"code": "F12", "place": FURNACE, "who": "Li"}, 409, "there is no F12"),
        ("start", {"scenario": "dril", "who": "Li"}, 404, "'drill'"),
        ("stop", {"who": "Li"}, 409, "no scenario is on its way"),
    ],
)
def test_a_refusal_says_what_is_wrong(
    centre: Served, route: str, told: dict[str, Any], status: int, words: str
) -> None:
    got, body = asked(centre, f"/api/training/{route}", told)
    assert got == status
    assert words in json.dumps(body, ensure_ascii=False)


def test_without_a_twin_every_route_says_so(centre: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TWIN, "there", False)
    for path, told in (
        ("/api/training", None),
        ("/api/training/catalogue", None),
        ("/api/training/stop", {"who": "Li"}),
    ):
        status, body = asked(centre, path, told)
        assert status == 503
        assert f"no twin answers at 127.0.0.1:{NOBODY}" in body["detail"]
