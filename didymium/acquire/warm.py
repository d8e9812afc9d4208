"""Compiles what the connectors run, before a device waits for it.

The compiler takes ten seconds or more the first time on a machine, and holds the loop while it works; a reading that
came in that time would be late, and a polled one would be missed.
"""

from __future__ import annotations

import numpy as np

from didymium.acquire.grid import Grid
from didymium.acquire.image import Fields
from didymium.acquire.opcua import wire as opcua
from didymium.acquire.opcua.items import Monitored
from didymium.acquire.screening import Screening
from didymium.acquire.sparkplug import metrics
from didymium.acquire.sparkplug import wire as sparkplug
from didymium.model.plant import Complex
from didymium.model.readings import Readings
from didymium.model.registry import TagIds

NOTHING = b"\0" * 8


def warm(complex_: Complex, ids: TagIds, now_us: int) -> None:
    """Run every kernel once on next to nothing."""
    row = np.zeros(1, np.int64)
    one = Readings.of(ids.ids[:1].copy(), np.array([now_us], np.int64), np.zeros(1))
    screening = Screening(complex_.tags, ids)
    screening.memory.remember(screening.screen(one, now_us).kept)
    grid = Grid.of(complex_)
    grid.snap_rows(np.zeros(1), row)
    fields = Fields(row, np.zeros(1, np.uint8), np.zeros(1, np.uint8))
    grid.at(row).snap(fields.decode(np.zeros(8, np.uint8), False))
    opcua.head(opcua.view(NOTHING))
    opcua.items(opcua.view(NOTHING), 0, len(NOTHING))
    Monitored(ids.ids[:1].copy(), grid.at(row)).take(opcua.Items.empty(0), now_us)
    empty = sparkplug.frame(sparkplug.view(b""))
    if isinstance(empty, sparkplug.Frame):
        sparkplug.walk(sparkplug.view(b""), empty, now_us, 0, metrics.table({}))
