"""Electric energy over HTTP: the running window, the day's curve with its gap, amounts, and their proofs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
import pytest

from didymium.model.readings import Readings
from didymium.web.energy import energy
from tests.served import Served, served
from tests.unit.energy_example import COM, energy_complex

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
QUARTER_US = 15 * MINUTE_US
T0 = 1_768_464_000_000_000
"""16:00 in Shanghai."""
DAY_US = T0 - 16 * HOUR_US
NOW_US = T0 + 2 * HOUR_US + 7 * MINUTE_US + 30_000_000
AT_US = T0 + 2 * HOUR_US + 7 * MINUTE_US
NOON_PEAK_US = T0 + HOUR_US
GAP_US = T0 + HOUR_US + 30 * MINUTE_US


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The starter's complex at 18:07:30, by its minutes.

    Since 16:00 it drew 1,200 kW, from 17:00 for a quarter of an hour 1,800 kW, then 1,500 kW; nothing was heard from
    17:30 to 17:45. Its pumps take 100 A.
    """
    folder = tmp_path_factory.mktemp("energy") / "c"
    plant = energy_complex(folder)
    with served(folder, plant=plant, now_us=lambda: NOW_US) as one:
        time_us = np.arange(T0, NOW_US, 1_000_000)
        kw = np.where(time_us < NOON_PEAK_US, 1200.0, np.where(time_us < NOON_PEAK_US + QUARTER_US, 1800.0, 1500.0))
        kwh = 500.0 + (np.cumsum(kw) - kw) / 3600.0
        heard = (time_us < GAP_US) | (time_us >= GAP_US + QUARTER_US)
        for name, values in (("KW", kw), ("KWH", kwh), ("AUX001", np.full(len(kw), 100.0))):
            id_ = one.historian.ids.ids[plant.tags.row_of[f"{COM}.{name}"]]
            readings = Readings.of(np.full(len(kw), id_, np.uint32), time_us, values)
            one.desk.kpis.take(readings.take(heard))  # type: ignore[attr-defined]
        yield one


def asked(server: Served, path: str, **query: object) -> tuple[int, Any]:
    try:
        with urlopen(f"{server.address}{path}?{urlencode(query)}", timeout=60) as response:
            return response.status, json.loads(response.read())
    except HTTPError as error:
        return error.code, json.loads(error.read())


def told(server: Served, window: str = "day") -> Any:
    status, body = asked(server, "/api/energy", window=window)
    assert status == 200
    return body


def test_the_running_window_is_reckoned_to_its_end(server: Served) -> None:
    """7 min at 1.5 MW are 0.175 MWh; the cap of 1.9 MW leaves 0.3 MWh for 8 min, the contract 0.325."""
    body = told(server)
    assert body["at_us"] == AT_US
    assert body["contract"] == {
        "power_mw": 2.0, "cap_mw": pytest.approx(1.9), "cap_percent": 5.0, "window_us": QUARTER_US, "source": "example",
    }  # fmt: skip
    assert body["minute"]["drawn"]["value"] == pytest.approx(1.5)
    running = body["running"]
    assert (running["from_us"], running["to_us"]) == (T0 + 2 * HOUR_US, T0 + 2 * HOUR_US + QUARTER_US)
    assert running["so_far_mwh"] == pytest.approx(0.175)
    assert running["end_mw"] == pytest.approx(1.5)
    assert running["cap_allows_mw"] == pytest.approx(2.25)
    assert running["contract_allows_mw"] == pytest.approx(2.4375)
    assert running["complete"] == pytest.approx(1.0)
    assert body["needed"] == 0


def test_the_curve_has_a_gap_where_nothing_was_heard(server: Served) -> None:
    curve = told(server)["curve"]
    today = curve["today"]
    assert today["start_us"][0] == DAY_US
    assert len(today["start_us"]) == 72
    assert today["mw"][63] is None
    assert today["mw"][64:] == [pytest.approx(mw) if mw else None for mw in (1.2,) * 4 + (1.8, 1.5, None, 1.5)]
    assert today["complete"][70] == 0.0
    assert len(curve["yesterday"]["start_us"]) == 96
    assert set(curve["yesterday"]["mw"]) == {None}


def test_the_peak_of_the_day_has_its_time(server: Served) -> None:
    peak = told(server)["peak"]
    assert (peak["from_us"], peak["to_us"]) == (NOON_PEAK_US, NOON_PEAK_US + QUARTER_US)
    assert peak["mw"] == pytest.approx(1.8)


def test_a_point_of_the_curve_opens_to_the_same_bits(server: Served) -> None:
    body = told(server)
    status, proof = asked(server, "/api/kpis/proof", kpi="drawn", from_us=NOON_PEAK_US, to_us=NOON_PEAK_US + QUARTER_US)
    assert status == 200
    assert proof["value"] == body["curve"]["today"]["mw"][68]
    status, proof = asked(server, "/api/kpis/proof", kpi="drawn", from_us=T0 + 2 * HOUR_US, to_us=AT_US)
    assert proof["value"] == body["running"]["mean_mw"]


def test_amounts_are_of_the_window_and_all_of_them_told(server: Served) -> None:
    """1,200 + 450 kWh and 1,500 kW until the last reading of 18:06: 2,949.58 kWh."""
    body = told(server)
    assert body["window"] == {"name": "day", "from_us": DAY_US, "to_us": AT_US}
    assert body["bought"]["value"] == pytest.approx(2.94958, abs=1e-5)
    assert body["rest"]["value"] == pytest.approx(0.0, abs=1e-9)
    assert body["balance"] is None
    (site,) = body["sites"]
    assert site["site"] == "S01"
    assert site["energy"]["value"] == body["bought"]["value"]
    assert site["power"]["value"] == pytest.approx(1.5)
    assert [each["id"] for each in site["specific"]] == ["share"]
    (process,) = body["processes"]
    assert process["sites"] == ["S01"]
    assert process["energy"]["value"] == body["bought"]["value"]
    assert process["rest"]["en"] == "Stirrers"
    assert process["left"]["value"] == pytest.approx(
        process["energy"]["value"] - process["parts"][0]["value"], rel=1e-12
    )
    assert process["parts"][0]["value"] == pytest.approx(0.04 * (127 - 15 + 5) / 60, rel=0.05)


def test_what_no_meter_tells_is_not_told(server: Served) -> None:
    pumps, reactor = told(server)["steps"]
    assert pumps["power"]["value"] == pytest.approx(0.04)
    assert pumps["within"] is None
    assert reactor["power"] is None
    assert reactor["within"]["value"] == pytest.approx(1.5)


def test_the_last_hour_is_of_whole_minutes(server: Served) -> None:
    body = told(server, "now")
    assert body["window"] == {"name": "now", "from_us": AT_US - HOUR_US, "to_us": AT_US}
    assert body["bought"]["before"] is None


def test_a_window_that_does_not_exist_is_refused(server: Served) -> None:
    status, body = asked(server, "/api/energy", window="week")
    assert status == 400
    assert body["detail"] == "window is 'week'; valid are now, shift, day, yesterday"


def test_a_complex_without_the_file_says_that_it_has_no_contract(server: Served) -> None:
    async def asked_without() -> Any:
        return await energy.fn(replace(server.desk, energy=None), "day")

    assert json.loads(asyncio.run(asked_without()).content) == {"t": NOW_US, "contract": None}
