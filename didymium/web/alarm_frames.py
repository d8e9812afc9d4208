"""The event ``alarms``: counts, what is loudest, and what sounded since the last one."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from didymium.web.alarm_places import EVERYWHERE
from didymium.web.desk import Desk

MOST_NEWS: Final = 20


def alarms_frame(desk: Desk) -> bytes:
    """The event as JSON; each is told what sounded since the one before."""
    table, board, now_us = desk.alarm_table, desk.alarms.board, desk.now_us()
    return msgspec.json.encode(
        {
            "t": now_us,
            "seq": board.seq,
            "changes": board.changes,
            "trouble": desk.alarms.trouble,
            "counts": table.counts(table.of(EVERYWHERE)),
            "positions": table.position_counts(),
            "sites": table.site_counts(),
            "loudest": table.loudest(),
            "newest": table.rows(np.array(table.news(now_us, MOST_NEWS), np.intp)),
        }
    )
