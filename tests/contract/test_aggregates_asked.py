"""Aggregates over the API, through the client and on the command line, with every refusal in words."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
import pytest

from didymium.client import connect
from didymium.historian import Position
from didymium.historian.aggregates.configuration import AggregateConfiguration
from didymium.historian.aggregates.errors import AggregateError
from didymium.model.readings import Readings
from didymium.service import aggregate as command
from didymium.service.ask import BadRequest
from tests.served import Served, served
from tests.unit.part13 import NOON_US, SOURCES

SECOND_US = 1_000_000
END_US = NOON_US + 100 * SECOND_US


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """T0 and T1 are the annex's Historian1 and Historian2; the other four have no readings."""
    with served(tmp_path_factory.mktemp("asked")) as one:
        ids = one.historian.ids.ids.tolist()
        parts = [SOURCES[f"Historian{k + 1}"].readings(ids[k]) for k in (0, 1)]
        one.historian.write(Readings.concat(parts), Position("e1", 1, 1))
        yield one


def get(server: Served, **changed: object) -> dict[str, Any]:
    query = {"name": "TimeAverage2", "tags": "S01.A1.U1.T0", "from_us": NOON_US, "to_us": END_US} | changed
    with urlopen(f"{server.address}/api/aggregate?{urlencode(query)}", timeout=60) as answer:
        return json.load(answer)  # type: ignore[no-any-return]


def refusal(server: Served, **changed: object) -> tuple[int, str]:
    with pytest.raises(HTTPError) as refused:
        get(server, **changed)
    with refused.value as error:
        return error.code, json.load(error)["detail"]


def test_json_has_value_null_where_the_status_is_bad(server: Served) -> None:
    """Annex A.5.2, Historian1, 12:00:30 to 12:00:50."""
    span = {"from_us": NOON_US + 30 * SECOND_US, "to_us": NOON_US + 50 * SECOND_US, "interval_us": 5 * SECOND_US}
    found = get(server, **span, treat_uncertain_as_bad="false")
    assert found == {
        "name": "TimeAverage2",
        "node_id": "i=11285",
        "result": "value",
        "tags": [
            {
                "path": "S01.A1.U1.T0",
                "time_us": [NOON_US + k * SECOND_US for k in (30, 35, 40, 45)],
                "value": [30.0, 30.0, None, None],
                "status": [0x40A4_0401, 0x40A4_0401, 0x809B_0000, 0x809B_0000],
            }
        ],
    }


def test_client_reads_arrow_by_pattern_and_backward(server: Served) -> None:
    table = connect(server.address).aggregate(
        "i=2352", "S01.A1.U1.T[01]", END_US, NOON_US, "50s", treat_uncertain_as_bad=False
    )
    assert table["path"].to_pylist() == ["S01.A1.U1.T0"] * 2 + ["S01.A1.U1.T1"] * 2
    seconds = [round(at.timestamp()) - NOON_US // SECOND_US for at in table["time"].to_pylist()]
    assert seconds == [100, 50] * 2
    # (50, 100] holds 60, 80, 90 good; (0, 50] holds 10, 20, 30, 50. Historian2: 52, 72, 83, 86, 90; 2, 25, 28, 39, 48.
    assert table["value"].to_pylist() == [3, 4, 5, 5]


def test_tags_without_readings_have_no_data(server: Served) -> None:
    found = get(server, tags="S01.A1.U1.T5", name="maximum")
    (tag,) = found["tags"]
    assert (tag["value"], tag["status"]) == ([None], [0x809B_0000])


@pytest.mark.parametrize(
    ("changed", "code", "says"),
    [
        ({"name": "TimeAvrage"}, 400, "'TimeAvrage' is no standard aggregate; the nearest valid word is 'TimeAverage'"),
        ({"name": "i=2353"}, 400, "'i=2353' is no standard aggregate"),
        ({"tags": "S01.A1.U1.T9"}, 404, "the nearest is 'S01.A1.U1.T"),
        ({"tags": "S01.A1.U7.*"}, 404, "the nearest valid word is 'U1'"),
        ({"to_us": NOON_US}, 400, "the range is empty"),
        ({"to_us": END_US * 1000}, 400, "not ns"),
        ({"interval_us": 50}, 400, "2,000,000 intervals of 1 tags are 2,000,000; at most 1,000,000"),
        ({"interval_us": -5}, 400, "the processing interval is -5"),
        ({"percent_data_good": 20, "percent_data_bad": 70}, 400, "at least 100 - percent_data_bad 70 = 30"),
        ({"percent_data_good": 101}, 400, "percent_data_good is 101; it is a percentage from 0 to 100"),
        ({"from_us": NOON_US - 4000 * 86_400_000_000}, 400, "longer than 100 days"),
    ],
)
def test_refusals_say_what_would_be_right(server: Served, changed: dict[str, object], code: int, says: str) -> None:
    found, detail = refusal(server, **changed)
    assert found == code
    assert says in detail


def run(server: Served, monkeypatch: pytest.MonkeyPatch, *asked: object, known_at: str | None = None) -> int:
    """The command against the running server; the complex is the server's."""
    monkeypatch.setattr(command, "own_historian", lambda instance: None)
    monkeypatch.setattr(command, "read_complex", lambda folder: server.plant)
    instance = SimpleNamespace(wall=server.address, complex_folder=Path())
    name, tags, start, end, interval, file = asked
    settings = AggregateConfiguration(treat_uncertain_as_bad=False)
    return command.aggregate(instance, name, tags, start, end, interval, settings, file, known_at)  # type: ignore[arg-type]


FROM, TO = "2012-01-02T12:00:00Z", "2012-01-02T12:01:40Z"


def test_command_writes_csv(server: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Annex A.10.2, Historian1."""
    file = tmp_path / "out.csv"
    assert run(server, monkeypatch, "MinimumActualTime", "S01.A1.U1.T0", FROM, TO, "16s", file) == 0
    with file.open(encoding="utf-8") as text:
        rows = list(csv.reader(text))
    assert rows[0] == ["path", "time", "value", "status", "meaning"]
    assert rows[1] == ["S01.A1.U1.T0", "2012-01-02 12:00:10.000000Z", "10", "1028", "Good, Partial"]
    assert rows[3][2:] == ["", str(0x809B_0000), "Bad_NoData"]
    assert len(rows) == 8


def test_command_prints_a_table(
    server: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command.console, "_width", 200)
    assert run(server, monkeypatch, "timeaverage", "S01.A1.U1.T0", FROM, TO, "0", None) == 0
    said = capsys.readouterr().out
    assert "TimeAverage, value" in said
    assert "Uncertain_DataSubNormal, Calculated, Partial" in said


@pytest.mark.parametrize(
    ("asked", "refused", "says"),
    [
        (("Avg", "S01.A1.U1.T0", FROM, TO, "1h", None), AggregateError, "no standard aggregate"),
        (("Average", "S01.A1.U8.*", FROM, TO, "1h", None), BadRequest, "the nearest valid word is 'U1'"),
        (("Average", "S01.A1.U1.T0", FROM, FROM, "1h", None), AggregateError, "no length"),
        (("Average", "S01.A1.U1.T0", FROM, TO, "1 hour", None), BadRequest, "say 30s, 15m, 1h or 1d"),
        (("Average", "S01.A1.U1.T0", FROM, TO, "1h", Path("x.xlsx")), BadRequest, "ends in .csv"),
    ],
)
def test_command_refuses_before_it_asks(
    server: Served, monkeypatch: pytest.MonkeyPatch, asked: tuple[object, ...], refused: type[Exception], says: str
) -> None:
    with pytest.raises(refused, match=says):
        run(server, monkeypatch, *asked)


def test_command_opens_the_store_where_no_centre_runs(
    server: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "own_historian", lambda instance: server.historian)
    monkeypatch.setattr(command, "read_complex", lambda folder: server.plant)
    monkeypatch.setattr(command.console, "_width", 200)
    instance = SimpleNamespace(wall="http://127.0.0.1:1", complex_folder=Path())
    settings = AggregateConfiguration()
    assert command.aggregate(instance, "Count", "*.T1", FROM, TO, "100s", settings, None, None) == 0  # type: ignore[arg-type]
    assert " 10 " in capsys.readouterr().out
    assert np.all(server.plant.tags.stepped == False)  # noqa: E712 - the trial's tags are analog
