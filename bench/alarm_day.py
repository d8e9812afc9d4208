"""``python -m bench alarm-day``: a day of the complex judged live, and again from its record: is every alarm the same?

The twin runs a day, with faults at known times. Every second goes through the alarms of the centre, its steps and
checkpoints into SQLite, its readings into an embedded historian; people acknowledge, reset, shelve, take out of service
and note; some readings come a second late; now and then the alarms stop and begin again, with what the historian got
meanwhile to be judged and some seconds coming once more. Only the sockets are left out.

Then the day is judged again from its first checkpoint by the code of ``didymium replay``. ``same`` and ``differ`` are
rows of the journal, ``clock_rows`` those of alarms that listen to silence by our clock. ``measures_equal``: of how the
alarms serve the pages work out the same, in all measures, from the live journal and from one that the replay wrote,
without the rows of such alarms; ``clock_equal`` with them.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench.alarm_days.course import MINUTE_S, restarts, troubles
from bench.alarm_days.living import Clock, Living
from bench.alarm_days.measured import measures, written
from bench.alarm_days.shown import minutes
from bench.day import DAY_S, HOUR_S, START_S
from bench.machine import report
from didymium.alarms.building import read_definitions
from didymium.alarms.definitions import Definitions, Kind
from didymium.alarms.frames import SECOND_US
from didymium.historian.store import Historian, open_engine
from didymium.model.folder import read_complex
from didymium.records.journal import Journal
from didymium.records.store import Records
from didymium.service.alarm_replay import COMPARED, Replayed, replay
from didymium.service.instance import SHIPPED_COMPLEX

TOLD_US: Final = HOUR_S * SECOND_US


def main(arguments: Sequence[str]) -> int:
    """Live, judge again, compare; 1 where a row or a measure differs."""
    parser = argparse.ArgumentParser(prog="python -m bench alarm-day", description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0, help="how much of the day")
    parser.add_argument("--sites", nargs="+", metavar="SITE", help="these sites instead of all")
    parser.add_argument("--json", type=Path, help="write the figures there")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="didymium-alarm-day-") as folder:
        figures, replayed = _measured(Path(folder), options.sites, min(DAY_S, round(options.hours * 60) * MINUTE_S))
    _print(replayed)
    report(figures, options.json)
    return 0 if not figures["differ"] and figures["same"] and figures["measures_equal"] else 1


def _measured(folder: Path, sites: Sequence[str] | None, seconds: int) -> tuple[dict[str, Any], Replayed]:
    plant = read_complex(SHIPPED_COMPLEX)
    definitions = read_definitions(SHIPPED_COMPLEX, plant)
    chosen = [site for site in plant.sites if not sites or site.id in sites]
    rows = np.concatenate([np.arange(site.rows.start, site.rows.stop) for site in chosen])
    ids = [site.id for site in chosen]
    clock = Clock()
    engine = open_engine(f"chdb://{folder / 'store'}")
    historian = Historian(engine, plant.tags.path, scale=plant.tags.scale, now_us=clock)
    records = Records.open(f"sqlite:///{folder / 'records.sqlite'}")
    faults = troubles(ids, seconds)
    shown = minutes(ids if sites else (), faults, seconds // MINUTE_S)
    living = Living(plant, definitions, records, historian, clock)
    lived = asyncio.run(living.live(shown, rows, restarts(seconds)))
    from_us, to_us = START_S * SECOND_US, (START_S + seconds) * SECOND_US
    checkpoint = records.checkpoints.first()
    assert checkpoint is not None
    began_s = time.perf_counter()
    replayed = replay(
        plant, historian.ids, definitions, historian, records.journal, checkpoint, to_us, told=_told
    )  # fmt: skip
    replay_s = time.perf_counter() - began_s
    again = written(f"sqlite:///{folder / 'again.sqlite'}", records, plant, definitions, replayed.made)
    there = np.isin(definitions.site, [place for place, site in enumerate(plant.sites) if site.id in ids])
    by_readings = there & (definitions.kind < Kind.STALE)

    def equal(counted: NDArray[np.bool_]) -> bool:
        return _equal(*measures((records.journal, again.journal), definitions, counted, from_us, to_us))

    events = _events(records.journal, definitions, by_readings, to_us)
    figures = {
        "hours": round(seconds / HOUR_S, 2),
        "sites": len(ids),
        "tags": len(rows),
        "faults": len(faults),
        **{name: value for name, value in asdict(lived).items() if name != "live_s"},
        "transitions": sum(events.values()),
        "events": dict(sorted(events.items())),
        "readings_replayed": replayed.readings,
        "same": replayed.same,
        "differ": replayed.differing,
        "clock_rows": replayed.silent,
        "measures_equal": equal(by_readings),
        "clock_equal": equal(there),
        "live_s": round(lived.live_s, 1),
        "replay_s": round(replay_s, 1),
    }
    again.close()
    records.close()
    historian.close()
    return figures, replayed


def _equal(live: dict[str, Any], again: dict[str, Any]) -> bool:
    """Whether all measures are the same; those that are not are printed."""
    differ = [name for name in live if live[name] != again[name]]
    for name in differ:
        print(f"{name}: live {live[name]}\n{name}: again {again[name]}")
    return not differ


def _events(journal: Journal, definitions: Definitions, counted: NDArray[np.bool_], to_us: int) -> Counter[str]:
    """How many rows of the journal there are of each event, of the alarms that are ``counted``."""
    rows = journal.columns(["alarm", "event"], 0, to_us)
    pairs = zip(rows["alarm"], rows["event"], strict=True)
    return Counter(event.lower() for alarm, event in pairs if counted[definitions.row_of[alarm]])


def _told(at_us: int) -> None:
    if at_us % TOLD_US < MINUTE_S * SECOND_US:
        print(f"judged again up to {(at_us - START_S * SECOND_US) / TOLD_US:.1f} h", flush=True)


def _print(replayed: Replayed) -> None:
    for alarm, live, again in replayed.different:
        print(alarm)
        for which, row in (("live", live), ("again", again)):
            print(f"  {which:5s} {'–' if row is None else dict(zip(COMPARED, row, strict=True))}")
