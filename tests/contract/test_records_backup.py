"""The records are in a backup as they were at one instant, and a restored copy goes on."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from recorded import ALARMS, SECOND, T0, declare, step

from didymium.model.starter import write
from didymium.records.errors import StoreDamaged
from didymium.records.snapshot import snapshot
from didymium.records.store import Records

MAKE_HISTORIAN = """
import sys
from pathlib import Path
from didymium.historian.store import Historian
from didymium.model.folder import read_complex
Historian.open(f"chdb://{sys.argv[1]}/historian", complex=read_complex(Path(sys.argv[2]))).close()
"""


def didymium(*words: str | Path) -> str:
    command = [sys.executable, "-m", "didymium", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_snapshot_is_of_one_instant_while_others_write(tmp_path: Path) -> None:
    file = tmp_path / "records.sqlite"
    records = Records.open(f"sqlite:///{file}")
    declare(records)
    stop = threading.Event()
    wrote: list[int] = []

    def write_on() -> None:
        while not stop.is_set():
            number = len(wrote) + 1
            records.steps.write(step(ALARMS, number, positions={"S01": T0 + number * SECOND}))
            wrote.append(number)

    hand = threading.Thread(target=write_on)
    hand.start()
    try:
        for copy in range(5):
            before = len(wrote)
            snapshot(file, tmp_path / f"copy{copy}.sqlite")
            with (tmp_path / f"copy{copy}.sqlite").open("rb") as head:
                assert head.read(20)[18:] == b"\1\1", "it needs no log beside it (SQLite file format, 1.3.3)"
            copied = Records.open(f"sqlite:///{tmp_path / f'copy{copy}.sqlite'}")
            rows, position = copied.journal.last_seq(), copied.steps.positions().get("S01", T0)
            states = copied.states.of(ALARMS).states.transition.tolist()
            copied.close()
            steps = rows // len(ALARMS)
            assert rows == steps * len(ALARMS)
            assert position == T0 + steps * SECOND
            assert states == [steps] * len(ALARMS)
            assert steps >= before
    finally:
        stop.set()
        hand.join()
        records.close()


def test_a_damaged_file_is_not_backed_up_as_if_it_were_good(tmp_path: Path) -> None:
    file = tmp_path / "records.sqlite"
    records = Records.open(f"sqlite:///{file}")
    declare(records, [f"S01.A.U.T{i}/HH" for i in range(5000)])
    records.close()
    with file.open("r+b") as broken:
        broken.seek(file.stat().st_size // 2)
        broken.write(b"\xff" * 8192)
    with pytest.raises(StoreDamaged, match=r"records\.sqlite is damaged"):
        snapshot(file, tmp_path / "copy.sqlite")


def test_a_restored_installation_has_its_records(tmp_path: Path) -> None:
    plant, lost, found, backup = (tmp_path / name for name in ("plant", "lost", "found", "backup"))
    write(plant)
    lost.mkdir()
    (lost / "instance.toml").write_text(f'complex = "{plant}"\nrecords = "sqlite:///desk.sqlite"\nport = 8799\n')
    subprocess.run([sys.executable, "-c", MAKE_HISTORIAN, lost, plant], check=True, timeout=120)
    records = Records.open(f"sqlite:///{lost / 'desk.sqlite'}")
    declare(records)
    records.steps.write(step(ALARMS, positions={"S01": T0}))
    didymium("backup", backup, "--data", lost)
    records.steps.write(step(ALARMS, 2))
    records.close()
    assert sorted(each.name for each in lost.glob("backup-*")) == []

    didymium("restore", backup, "--data", found)
    assert "desk.sqlite" not in (found / "instance.toml").read_text()
    restored = Records.open(f"sqlite:///{found / 'records' / 'records.sqlite'}")
    assert restored.journal.last_seq() == len(ALARMS)
    assert restored.steps.positions() == {"S01": T0}
    assert restored.steps.write(step(ALARMS, 2)) == (len(ALARMS) + 1, 2 * len(ALARMS) + 1)
    restored.close()
