"""A running installation is backed up, lost, restored into another folder, and goes on where the backup ended."""

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pyarrow as pa

from didymium.model.starter import write
from tests.installation import PROJECT, Installation, free_offset, running


def rows(installation: Installation, until_us: int) -> list[dict[str, int]]:
    """The number of rows before a moment, and a sum over all of them that no order changes."""
    sql = (
        "SELECT count() AS n, sum(cityHash64(tag, ts, value, status, flags)) AS total FROM readings"
        f" WHERE ts < fromUnixTimestamp64Micro({until_us})"
    )
    asked = urllib.request.Request(
        f"{installation.wall}/api/query", json.dumps({"sql": sql}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:
        found: list[dict[str, int]] = pa.ipc.open_stream(answer.read()).read_all().to_pylist()
    return found


def restored(backup: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "didymium", "restore", str(backup), "--data", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=PROJECT)


def test_backup_of_a_running_installation_restored_elsewhere_has_the_same_rows(tmp_path: Path) -> None:
    write(tmp_path / "plant")
    complex_ = ("--complex", str(tmp_path / "plant"))
    lost, found, backup = tmp_path / "lost", tmp_path / "found", tmp_path / "backup"
    offset = free_offset()
    with running(lost, *complex_, "--history-hours", "0.01", port_offset=offset) as one:
        one.wait_for("points", lambda health: health["status"] == "ok" and health["points_today"] > 100)
        made = one.didymium("backup", str(backup), "--keep", "2", *complex_)
        assert made.returncode == 0, made.stderr
        assert "writing waited" in made.stdout
        time.sleep(5)
        until_us = time.time_ns() // 1_000
        time.sleep(7)  # the last of them are written by now
        all_rows = rows(one, until_us)
    assert sorted(each.name for each in (lost / "historian" / "shadow").glob("*/")) == []

    over = restored(backup, lost)
    assert over.returncode == 1
    assert "not empty" in over.stderr
    done = restored(backup, found)
    assert done.returncode == 0, done.stderr
    assert "goes on after sequence" in done.stdout
    # The centre's disk is lost; the edge's, which is another one in a real plant, is not.
    for kept in ("spine", "edge"):
        shutil.move(lost / kept, found / kept)
    shutil.rmtree(lost)
    shutil.rmtree(tmp_path / "plant")
    with running(found, "--no-twin", port_offset=offset) as one:
        one.wait_for("the centre", lambda health: True)
        deadline = time.monotonic() + 30
        while rows(one, until_us) != all_rows and time.monotonic() < deadline:
            time.sleep(0.5)
        assert rows(one, until_us) == all_rows
