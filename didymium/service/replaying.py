"""``didymium replay``: judges a recorded stretch again and compares its alarms with the journal."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from didymium.alarms.building import read_definitions
from didymium.model.folder import read_complex
from didymium.records.errors import said
from didymium.records.store import Records
from didymium.service.alarm_replay import COMPARED, Replayed, Row, replay
from didymium.service.ask import BadRequest, moment_us, own_historian
from didymium.service.instance import Instance

console: Final = Console(highlight=False, soft_wrap=True)


def run(instance: Instance, start: str, end: str) -> int:
    """Replay and print; 1 where a row differs. Raises ``BadRequest`` and ``NoCheckpoint``."""
    now_us = time.time_ns() // 1_000
    from_us, to_us = moment_us(start, now_us), moment_us(end, now_us)
    plant = read_complex(instance.complex_folder)
    definitions = read_definitions(instance.complex_folder, plant)
    historian = own_historian(instance)
    if historian is None:
        raise BadRequest(
            f"the centre of {instance.folder} runs and holds the historian: stop it, or restore a backup elsewhere "
            "(didymium restore) and replay there"
        )
    records = Records.open(instance.records)
    checkpoint = records.checkpoints.before(from_us) or records.checkpoints.first()
    if checkpoint is None or checkpoint.at_us >= to_us:
        since = "" if checkpoint is None else f"; the first is of {said(checkpoint.at_us)}"
        raise BadRequest(f"no checkpoint of the alarms before {said(to_us)}{since}")
    with _progress() as progress:
        task = progress.add_task("Judging again", total=(to_us - checkpoint.at_us) / 1e6)
        replayed = replay(
            plant, historian.ids, definitions, historian, records.journal, checkpoint, to_us,
            told=lambda at_us: progress.update(task, completed=(at_us - checkpoint.at_us) / 1e6),
        )  # fmt: skip
    _print(replayed)
    return 1 if replayed.differing else 0


def _progress() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console)


def _print(replayed: Replayed) -> None:
    first, last = (datetime.fromtimestamp(at / 1e6, UTC).isoformat() for at in (replayed.from_us, replayed.to_us))
    console.print(f"{first} to {last}: {replayed.readings:,} readings judged again")
    console.print(
        f"{replayed.same:,} rows of the journal are the same, {replayed.differing:,} differ; {replayed.silent:,} are "
        "of alarms that listen to silence by our clock and are not compared"
    )
    if not replayed.different:
        return
    shown = Table("alarm", "", *COMPARED)
    for alarm, live, again in replayed.different:
        for which, row in (("journal", live), ("replay", again)):
            shown.add_row(alarm, which, *_cells(row))
    console.print(shown)


def _cells(row: Row | None) -> list[str]:
    return ["–"] * len(COMPARED) if row is None else [str(cell) for cell in row]
