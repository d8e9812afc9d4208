"""Verdicts over HTTP: from the days that are kept, leg by leg, with the leak that they could not show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import numpy as np
import pytest

from didymium.balance.sheets import DAY_US
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


def keep(server: Served, values: dict[str, list[float]], complete: float = 1.0) -> None:
    """Keep values of figures, those of yesterday last, and of an hour that is no day."""
    kpis = server.desk.kpis
    day = kpis.shifts.day_at(NOW_US)
    for id_, of_days in values.items():
        at = day
        for value in reversed(of_days):
            at = kpis.shifts.day_at(at.from_us - 1)
            for end_us, kept in ((at.to_us, value), (at.from_us + 3_600_000_000, 1e9)):
                row = Values(
                    kpi=[id_], scope=[""], inputs=[f"{kept} {complete}"], start_us=np.array([at.from_us]),
                    end_us=np.array([end_us]), value=np.array([kept]), computed_us=np.array([NOW_US]),
                    complete=np.array([complete]),
                )  # fmt: skip
                kpis.records.kpis.keep(row)


def month_of(server: Served, id_: str) -> dict[str, Any]:
    with urlopen(f"{server.address}/api/balances?window=month", timeout=60) as answer:
        sheet = next(sheet for sheet in json.load(answer)["sheets"] if sheet["id"] == id_)
    return dict(sheet["closing"])


def told(server: Served) -> tuple[dict[str, Any], dict[str, Any]]:
    with urlopen(f"{server.address}/api/balances/verdicts", timeout=60) as answer:
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

    keep(server, {"tank_came": [100.0] * 4, "tank_went": [99.0] * 3}, complete=0.9)
    keep(server, {"tank_went": [70.0] * 3}, complete=float("nan"))
    assert told(server)[0]["days"] == 0, "a meter that was silent for hours has said less than passed it"
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


def test_a_day_that_is_not_kept_is_left_out_and_the_days_around_it_are_told(server: Served) -> None:
    nothing = float("nan")
    keep(server, {"tank_came": [nothing, 100.0, nothing, 100.0], "tank_went": [nothing, 60.0, nothing, 60.0]})
    yesterday = server.desk.kpis.shifts.day_at(server.desk.kpis.shifts.day_at(NOW_US).from_us - 1)
    closing = month_of(server, "tank")
    assert (closing["from_us"], closing["to_us"]) == (yesterday.from_us - 2 * DAY_US, yesterday.to_us)
    assert closing["length_us"] == 2 * DAY_US
    assert (closing["came"], closing["went"], closing["missing_percent"]) == (200.0, 120.0, 40.0)
    verdict, legs = told(server)
    closes = legs["closes"]
    assert (verdict["state"], closes["state"], closes["value"], closes["days"]) == (
        "inconsistent",
        "contradicts",
        40.0,
        2,
    )
    assert closes["why"]["en"] == "40 % over 2 d, outside -3…3 % by 37 %"
    assert verdict["blind_spot"]["days"] == 2


def test_a_verdict_of_a_plant_that_stood_still_is_told(server: Served) -> None:
    keep(server, {"tank_came": [0.0] * 4, "tank_went": [0.0] * 4})
    assert month_of(server, "tank")["missing_percent"] is None
    closes = told(server)[1]["closes"]
    assert (closes["state"], closes["value"], closes["days"]) == ("short", None, 4)
    assert closes["why"] == {"en": "nothing came in over 4 d", "zh": "4 天内没有进料"}


def test_what_is_held_is_gauged_at_the_ends_of_days_that_follow_each_other(server: Served) -> None:
    """Two meters of 5 m³ a day and a gauging of 2 m³: once over four days, twice where a day in between is not kept."""
    keep(server, {"gauged_came": [100.0] * 4, "gauged_went": [100.0] * 4, "gauged_a_held": [0.0] * 4})
    assert month_of(server, "gauged")["missing_sigma"] == pytest.approx((2 * 4 * 25.0 + 4.0) ** 0.5)
    keep(server, {"gauged_came": [100.0, float("nan"), 100.0, 100.0]})
    assert month_of(server, "gauged")["missing_sigma"] == pytest.approx((2 * 3 * 25.0 + 2 * 4.0) ** 0.5)
