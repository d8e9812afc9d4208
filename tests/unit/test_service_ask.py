"""Commands that ask while nothing runs, or while the centre has only begun."""

from pathlib import Path
from typing import Any

import pytest

from didymium.service import ask
from didymium.service.answers import Centre
from didymium.service.errors import NotRunning
from didymium.service.instance import Instance, read_instance


@pytest.fixture
def nothing_runs(tmp_path: Path) -> Instance:
    return read_instance(tmp_path, port=9)  # the discard port: nobody listens


def test_a_question_without_a_store_makes_none(nothing_runs: Instance):
    with pytest.raises(NotRunning):
        ask.query(nothing_runs, "SELECT 1")
    assert nothing_runs.store_folder is not None
    assert not nothing_runs.store_folder.exists()


def test_status_without_a_centre_says_so(nothing_runs: Instance, capsys: pytest.CaptureFixture[str]):
    assert ask.status(nothing_runs) == 2
    assert "didymium up" in capsys.readouterr().out


@pytest.mark.parametrize(("completeness", "said"), [(None, "not known yet"), (0.99999999, "99.99999 %")])
def test_completeness_is_not_known_at_first_and_never_rounded_up(
    nothing_runs: Instance,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    completeness: float | None,
    said: str,
):
    health: dict[str, Any] = {
        "status": "starting", "sites": 1, "tags": 1, "points_today": 0, "expected_today": 0,
        "completeness": completeness, "points_per_s": 0.0, "processes": {},
    }  # fmt: skip
    monkeypatch.setattr(Centre, "health", lambda self: health)
    monkeypatch.setattr(Centre, "data_health", lambda self: {"edges": [], "completeness": {"gaps": []}})
    assert ask.status(nothing_runs) == 1
    assert said in " ".join(capsys.readouterr().out.split())
