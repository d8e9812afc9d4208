"""Corrections and annotations over the API and on the command line, with every refusal in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import numpy as np
import pytest

from didymium.historian import Position
from didymium.model.readings import Readings
from didymium.model.status import BAD, UNCERTAIN
from didymium.service import corrections as command
from didymium.service.answers import Refused
from didymium.service.ask import BadRequest
from tests.served import Served, served

T0 = 1_760_000_000_000_000
TAG = "S01.A1.U1.T"
SPAN = {"from_us": T0, "to_us": T0 + 3_600_000_000}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """T0 … T5 with a reading of value k at second k, for a minute."""
    with served(tmp_path_factory.mktemp("asked")) as one:
        ids = one.historian.ids.ids
        second = np.arange(60)
        columns = (np.repeat(ids, 60), T0 + np.tile(second, len(ids)) * 1_000_000, np.tile(second * 1.0, len(ids)))
        one.historian.write(Readings.of(*columns), Position("e1", 1, 1))
        yield one


def asked(server: Served, what: str, **query: object) -> dict[str, Any]:
    with urlopen(f"{server.address}/api/{what}?{urlencode(SPAN | query)}", timeout=60) as answer:
        return json.load(answer)  # type: ignore[no-any-return]


def posted(server: Served, what: str, content: object) -> dict[str, Any]:
    request = Request(f"{server.address}/api/{what}", json.dumps(content).encode())
    request.add_header("Content-Type", "application/json")
    with urlopen(request, timeout=60) as answer:
        return json.load(answer)  # type: ignore[no-any-return]


def refusal(server: Served, what: str, content: object) -> tuple[int, str]:
    with pytest.raises(HTTPError) as refused:
        posted(server, what, content)
    with refused.value as error:
        return error.code, json.load(error)["detail"]


def one(tag: str, second: float, value: float | None = 5.5, **more: object) -> dict[str, object]:
    return {"tag": tag, "time_us": T0 + int(second * 1e6), "value": value, **more}


def raw(server: Served, tag: str, second: int) -> list[float]:
    span = {"from_us": T0 + second * 1_000_000, "to_us": T0 + second * 1_000_000 + 1}
    return asked(server, "raw", tag=tag, **span)["value"]  # type: ignore[no-any-return]


def test_correction_is_told_with_what_held_before(server: Served) -> None:
    asked_of = {"kind": "replace", "who": "Ada", "why": "range"}
    values = [one(TAG + "0", 3), one(TAG + "0", 4, None, status=BAD)]
    assert posted(server, "corrections", {**asked_of, "values": values}) == {"corrected": 2}
    assert raw(server, TAG + "0", 3) == [5.5]
    first, second = asked(server, "corrections", tags="*.T0")["corrections"]
    made_us = first.pop("at_us")
    assert first == {
        "tag": TAG + "0", "time_us": T0 + 3_000_000, "kind": "replace", "old_value": 3.0, "old_status": 0,
        "value": 5.5, "status": 0, "who": "Ada", "why": "range",
    }  # fmt: skip
    assert (second["value"], second["status"], second["at_us"]) == (None, BAD, made_us)


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"values": [one(TAG + "1", 3.5)]}, 400, f"{TAG}1: there is no value at 2025-10-09T08:53:23.500000"),
        ({"values": [one("S01.A1.U1.T9", 3)]}, 404, "the nearest is"),
        ({"values": [one(TAG + "1", 3)], "kind": "insert"}, 400, "replace it instead"),
        ({"values": [one(TAG + "1", 3)], "kind": "upsert"}, 400, "write insert, replace, delete"),
        ({"values": [one(TAG + "1", 3)], "who": ""}, 400, "who is empty"),
        ({"values": [one(TAG + "1", 3, None)]}, 400, "a good value is a number"),
        ({"values": [one(TAG + "1", 3, status=2**33)]}, 400, "32 bits"),
        ({"values": [{**one(TAG + "1", 3), "time_us": 2**70}]}, 400, "time_us"),
        ({"values": []}, 400, "nothing is to be corrected"),
        ({"values": [one(TAG + "1", 3)] * 10_001}, 400, "10,001 values are too many"),
    ],
)
def test_request_that_cannot_be_is_refused_in_words(
    server: Served, changed: dict[str, object], code: int, words: str
) -> None:
    content = {"kind": "replace", "who": "Ada", "why": "x", "values": []} | changed
    found, detail = refusal(server, "corrections", content)
    assert (found, words in detail) == (code, True), detail
    assert asked(server, "corrections", tags="*.T1")["corrections"] == []


def test_annotation_is_written_changed_and_taken_away(server: Served) -> None:
    about = {"tag": TAG + "0", "time_us": T0 + 7, "who": "Ada"}
    noted = posted(server, "annotations", {**about, "text": "liner changed"})["id"]
    posted(server, "annotations", {**about, "text": "liner and seal changed", "id": noted})
    (found,) = asked(server, "annotations", tags="*.T0")["annotations"]
    assert (found["id"], found["text"], found["time_us"]) == (noted, "liner and seal changed", T0 + 7)
    posted(server, "annotations", {**about, "text": "", "id": noted})
    assert asked(server, "annotations", tags="*.T0")["annotations"] == []
    assert len(asked(server, "annotations", tags="*.T0", every_version="true")["annotations"]) == 3
    for content, words in (
        ({"text": ""}, "no text"),
        ({"text": "x", "id": "7"}, "no annotation 7"),
        ({"text": "x", "id": "y"}, "no annotation's id"),
    ):
        code, detail = refusal(server, "annotations", about | content)
        assert (code, words in detail) == (400, True), detail


@pytest.fixture(params=["centre", "store"])
def instance(request: pytest.FixtureRequest, server: Served, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The command's installation: a running centre, or a store that the command opens itself."""
    own = None if request.param == "centre" else server.historian
    if own is not None:
        monkeypatch.setattr(type(own), "close", lambda self: None)  # the server's, and there for the next test
    monkeypatch.setattr(command, "own_historian", lambda instance: own)
    monkeypatch.setattr(command, "read_complex", lambda folder: server.plant)
    monkeypatch.setattr(command.console, "_width", 250)
    return SimpleNamespace(wall=server.address, complex_folder=Path(), name=request.param)


MOMENT = "2025-10-09T08:53:30Z"


def test_command_corrects_and_annotates(instance: Any, server: Served, capsys: pytest.CaptureFixture[str]) -> None:
    tag = TAG + ("2" if instance.name == "centre" else "3")
    assert command.correct(instance, tag, MOMENT, 4.25, "replace", "uncertain", "Ada", "lab") == 0
    assert raw(server, tag, 10) == [4.25]
    assert command.correct(instance, tag, MOMENT, None, "delete", "good", "Bob", "was off") == 0
    assert raw(server, tag, 10) == []
    capsys.readouterr()
    assert command.corrections(instance, tag, "2025-10-09T08:00:00Z", "2025-10-09T09:00:00Z") == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "Ada" in line or "Bob" in line]
    assert "10 " in lines[0] and f"4.25 (0x{UNCERTAIN:08X})" in lines[0] and "lab" in lines[0]
    assert "delete" in lines[1] and "–" in lines[1]
    assert command.annotate(instance, tag, MOMENT, "liner changed", "Ada", None) == 0
    noted = capsys.readouterr().out.split("annotation ")[1].split(",")[0]
    assert command.annotate(instance, tag, MOMENT, "", "Ada", noted) == 0
    assert asked(server, "annotations", tags=tag)["annotations"] == []


def test_command_refuses_in_words(instance: Any) -> None:
    tag = TAG + "4"
    for words, arguments in (
        ("nearest is 'S01.A1.U1.T4'", ("S01.A1.U1.T44", MOMENT, 1.0, "replace", "good")),
        ("a value is missing", (tag, MOMENT, None, "replace", "good")),
        ("leave out 1", (tag, MOMENT, 1.0, "delete", "good")),
        ("is no status", (tag, MOMENT, 1.0, "replace", "fine")),
        ("has no zone", (tag, MOMENT[:-1], 1.0, "replace", "good")),
        (f"{tag}: there is no value at", (tag, "2025-10-09T08:53:30.5Z", 1.0, "replace", "0x40000000")),
    ):
        with pytest.raises((BadRequest, Refused), match=words):
            command.correct(instance, *arguments, "Ada", "x")
    with pytest.raises(BadRequest, match="no annotation's id"):
        command.annotate(instance, tag, MOMENT, "x", "Ada", "first")
    with pytest.raises(BadRequest, match="not after"):
        command.corrections(instance, tag, "-1h", "-2h")
