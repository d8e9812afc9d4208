"""Verdicts over HTTP: from the days that are kept, leg by leg, with the leak that they could not show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import numpy as np
import pytest

from didymium.model import starter
from didymium.model.folder import read_complex
from didymium.records.kpis import Values
from tests.served import Served, served
from tests.unit.test_balance_verdict import GOOD

NOW_US = 1_768_464_000_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("verdicts") / "c"
    starter.write(folder)
    (folder / "balances.toml").write_text(GOOD, encoding="utf-8")
    with served(folder, plant=read_complex(folder), now_us=lambda: NOW_US) as one:
        yield one


def keep(server: Served, values: dict[str, list[float]]) -> None:
    """Keep values of figures, those of yesterday last, and of an hour that is no day."""
    kpis = server.desk.kpis
    day = kpis.shifts.day_at(NOW_US)
    for id_, of_days in values.items():
        at = day
        for value in reversed(of_days):
            at = kpis.shifts.day_at(at.from_us - 1)
            for end_us, kept in ((at.to_us, value), (at.from_us + 3_600_000_000, 1e9)):
                row = Values(
                    kpi=[id_], scope=[""], inputs=["x"], start_us=np.array([at.from_us]), end_us=np.array([end_us]),
                    value=np.array([kept]), computed_us=np.array([NOW_US]),
                )  # fmt: skip
                kpis.records.kpis.keep(row)


def told(server: Served) -> tuple[dict[str, Any], dict[str, Any]]:
    with urlopen(f"{server.address}/api/balances/verdicts", timeout=20) as answer:
        (verdict,) = json.load(answer)
    return verdict, {leg["id"]: leg for leg in verdict["legs"]}


def test_a_verdict_grows_from_nothing_to_what_the_days_say(server: Served) -> None:
    verdict, legs = told(server)
    assert (verdict["id"], verdict["state"], verdict["days"]) == ("sealed", "not_disproven", 0)
    assert verdict["blind_spot"] is None
    assert {id_: leg["state"] for id_, leg in legs.items()} == {
        "closes": "short", "daily": "short", "flat": "short", "weighed": "missing",
    }  # fmt: skip
    assert legs["closes"]["value"] is None and legs["weighed"]["low"] is None

    keep(server, {"tank_came": [100.0] * 4, "tank_went": [99.0] * 3, "sealed_daily_1": [0.5] * 4})
    keep(server, {"sealed_flat_1": [40.0, 41.0, 42.0, 43.0]})
    verdict, legs = told(server)
    assert (verdict["state"], verdict["days"]) == ("not_disproven", 3)
    closes = legs["closes"]
    assert (closes["state"], closes["days"], closes["wanted_days"]) == ("short", 3, 30), "a day needs all its meters"
    assert closes["value"] == pytest.approx(1.0)
    assert (closes["low"], closes["high"], closes["unit"], closes["sheet"]) == (-3.0, 3.0, "%", "tank")
    assert legs["flat"]["value"] == pytest.approx(3.0)
    assert legs["weighed"]["why"] == {"en": "no scale", "zh": "没有秤"}
    blind = verdict["blind_spot"]
    assert (blind["unit"], blind["days"], blind["bias_percent"]) == ("m³/d", 3, 0.5)
    assert 0.0 < blind["leak"] < blind["with_bias"]

    keep(server, {"sealed_daily_1": [0.5, 0.5, 2.5, 0.5]})
    verdict, legs = told(server)
    assert verdict["state"] == "inconsistent"
    assert (legs["daily"]["state"], legs["daily"]["value"]) == ("contradicts", 2.5)
    assert legs["daily"]["figures"] == ["sealed_daily_1"]
