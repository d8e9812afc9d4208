"""The historian's measurement at a tiny scale: every key is there, every verdict is a comparison."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import historian
from bench.day import HOUR_S, Day, NoRoom, day_of
from bench.historian_table import GOALS, beside, goals_missed, size_goal_missed
from bench.peers import measure as measuring
from bench.peers import ours, victoria_metrics
from bench.peers.measure import Question, WrongAnswer, ask, measure
from bench.peers.peer import NotInstalled
from didymium.model import starter
from didymium.model.folder import read_complex
from didymium.model.plant import Complex

SECONDS = 130
ISSUED = {
    "ingest_points_per_s",
    "bytes_per_point",
    "one_tag_raw_24h_ms",
    "one_tag_1000_buckets_ms",
    "fifty_tags_1000_buckets_ms",
    "newest_all_ms",
    "sites_day_ms",
    "one_tag_p99_under_load_ms",
}
"""What every store is measured by; others read the file by these names."""


@pytest.fixture
def plant(tmp_path: Path) -> Complex:
    starter.write(tmp_path / "complex")
    return read_complex(tmp_path / "complex")


def test_the_file_holds_every_figure(plant: Complex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stores = iter(range(100))

    def measured(name: str, stretch: historian.Stretch) -> dict[str, Any]:
        """In this process, and of other stores only how to install them."""
        if name != historian.OURS:
            return {"install": f"apt install {name}"}
        folder = tmp_path / f"store{next(stores)}"
        day = day_of(plant, stretch.folder, stretch.seconds)
        store = ours.Ours(plant, day, folder, jitter_us=stretch.jitter_us)
        try:
            return measure(store, day, stretch.load_s)
        finally:
            store.close()

    monkeypatch.setattr(historian, "measured", measured)
    monkeypatch.setattr(historian, "read_complex", lambda _: plant)
    for where, name in ((ours, "QUIET_S"), (ours, "LOOKS"), (measuring, "RUNS"), (measuring, "RUNS_OF_MANY")):
        monkeypatch.setattr(where, name, 1)
    out = tmp_path / "figures.json"
    words = ["--hours", str(SECONDS / HOUR_S), "--load-s", "1.2", "--peers", "--peer-hours", "0.02", "--json", str(out)]
    assert historian.main(words) == 0
    found = json.loads(out.read_text(encoding="utf-8"))
    figures = {key: found[key] for key in ISSUED | {"part13_1000_tags_24h_1h_s", "import_points_per_s"}}
    assert all(value > 0 for value in figures.values()), figures
    assert found["points"] == SECONDS * 60
    assert found["peers"]["didymium"].keys() >= ISSUED - {"peers"}
    assert found["peers"]["didymium"]["points"] == 72 * 60
    assert found["peers"]["influxdb"] == {"install": "apt install influxdb"}
    assert found["under_load_seconds_stored"] >= 1
    assert found["machine"]["cores"]
    assert {"tag", "ts", "status", "flags"} <= found["bytes_per_point_by_column"].keys()


def test_a_day_is_simulated_once_and_again_where_it_is_torn(plant: Complex, tmp_path: Path) -> None:
    day = day_of(plant, tmp_path / "day", SECONDS)
    whole = np.concatenate([stretch.value for stretch in day.stretches(50)])
    assert whole.shape == (SECONDS, 60)
    assert [len(stretch.value) for stretch in day.stretches(50)] == [50, 50, 30]
    at = (tmp_path / "day" / "v00.npy").stat().st_mtime_ns
    again = day_of(plant, tmp_path / "day", SECONDS - 1)
    assert (tmp_path / "day" / "v00.npy").stat().st_mtime_ns == at
    assert again.points == (SECONDS - 1) * 60
    np.save(tmp_path / "day" / "v00.npy", whole[:9])
    repaired = day_of(plant, tmp_path / "day", SECONDS)
    assert np.array_equal(np.concatenate([stretch.value for stretch in repaired.stretches(SECONDS)]), whole)


def test_what_follows_the_day_is_stamped_after_it(plant: Complex, tmp_path: Path) -> None:
    day = day_of(plant, tmp_path / "day", 3)
    first, fifth = day.following(0), day.following(4)
    assert first.second_s.tolist() == [day.to_us // 1_000_000]
    assert fifth.start_s == first.start_s + 4
    assert np.array_equal(fifth.value, next(iter(day.stretches(9))).value[1:2])


def test_a_day_that_does_not_fit_is_refused_before_it_is_begun(
    plant: Complex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        free = SECONDS * 60 * 12 - 1

    monkeypatch.setattr("bench.day.shutil.disk_usage", lambda _: Full)
    with pytest.raises(NoRoom, match="--hours"):
        day_of(plant, tmp_path / "day", SECONDS)


def test_a_wrong_answer_is_no_figure(tmp_path: Path) -> None:
    day = Day(tmp_path, 0, 100, np.zeros(9, np.int16))
    assert ask(Question("raw_ms", 4, lambda tags: 100, 1, 100), day)["raw_runs"] == 4
    with pytest.raises(WrongAnswer, match="99 rows, the stretch holds 100"):
        ask(Question("raw_ms", 4, lambda tags: 99, 1, 100), day)


def test_a_goal_is_missed_on_its_own_side_only() -> None:
    just = {goal.key: goal.limit for goal in GOALS}
    assert not goals_missed(just)
    for goal in GOALS:
        worse = goal.limit * (0.99 if goal.least else 1.01)
        better = goal.limit * (1.01 if goal.least else 0.99)
        assert goals_missed({**just, goal.key: worse}), goal
        assert not goals_missed({**just, goal.key: better}), goal
        assert goals_missed({**just, goal.key: None}), goal


def test_ratios_above_one_mean_that_the_historian_is_better() -> None:
    mine = {goal.key: 2.0 for goal in GOALS} | {"points": 1, "hours": 1.0, "version": "1", "note": "n"}
    other = mine | {"bytes_per_point": 3.0, "ingest_points_per_s": 0.5}
    peers: dict[str, dict[str, Any]] = {
        "didymium": mine,
        "victoria_metrics": other,
        "duckdb": {"install": "pip x"},
        "influxdb": {"failed": "it fell"},
    }
    lines = beside(peers).splitlines()
    assert "3 ×1.5" in next(line for line in lines if line.startswith("bytes per point"))
    assert "0.5 ×4" in next(line for line in lines if line.startswith("ingest"))
    assert {"duckdb is not installed: pip x", "influxdb has no figures: it fell"} <= set(lines)
    assert not size_goal_missed(peers)
    assert size_goal_missed({**peers, "victoria_metrics": other | {"bytes_per_point": 2.0}})
    assert not size_goal_missed({**peers, "victoria_metrics": {"install": "apt x"}})


def test_another_store_that_fails_is_told_and_ours_is_not_let_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(name: str, stretch: historian.Stretch) -> dict[str, Any]:
        raise historian.StoreFailed(f"{name} ended with 1")

    monkeypatch.setattr(historian, "measured", fails)
    assert historian.attempted("duckdb", historian.Stretch(Path(), 1, 0.0)) == {"failed": "duckdb ended with 1"}


def test_a_store_that_is_not_there_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.peers.victoria_metrics.shutil.which", lambda _: None)
    with pytest.raises(NotInstalled, match="apt install victoria-metrics"):
        victoria_metrics.VictoriaMetrics(Day(tmp_path, 0, 1, np.zeros(1, np.int16)), tmp_path)
